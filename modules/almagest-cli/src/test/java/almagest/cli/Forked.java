package almagest.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A main class in a process of its own, as a user's shell would start it. */
public final class Forked {
  private Forked() {}

  /**
   * The process, not yet started; it hears nothing of this machine's hub.
   *
   * @param jvm further options of the virtual machine
   */
  public static ProcessBuilder java(List<String> jvm, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules",
            "jdk.incubator.vector",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("HF_"));
    return builder;
  }
}
