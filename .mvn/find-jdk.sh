# Sourced by ./build and ./almagest: sets JAVA_HOME to a JDK 25 or newer, or says what to install.
jdk_major() {
  [ -x "$1/bin/javac" ] && sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}
found=
on_path=$(command -v javac 2>/dev/null || true)
[ -n "$on_path" ] && on_path=$(dirname "$(dirname "$(readlink -f "$on_path" 2>/dev/null || echo "$on_path")")")
[ -x /usr/libexec/java_home ] && mac_home=$(/usr/libexec/java_home -v 25+ 2>/dev/null || true) || mac_home=
for jdk in "${JAVA_HOME:-}" "$on_path" "$mac_home" "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* /usr/lib/jvm/* /opt/java/* /opt/jdk*; do
  [ -n "$jdk" ] || continue
  major=$(jdk_major "$jdk" || true)
  if [ "${major:-0}" -ge 25 ]; then found=$jdk; break; fi
done
if [ -z "$found" ]; then
  echo "almagest: no JDK 25 or newer was found (JAVA_HOME, the path, /usr/lib/jvm and sdkman were looked at)." >&2
  echo "          Install one, e.g. Eclipse Temurin 25 from https://adoptium.net, and set JAVA_HOME to it." >&2
  exit 1
fi
JAVA_HOME=$found
export JAVA_HOME
