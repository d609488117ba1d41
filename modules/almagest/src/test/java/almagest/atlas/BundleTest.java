package almagest.atlas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BundleTest {
  @Test
  void importsAndExportsOfEveryUnderstoodFormAreJoined() {
    Bundle bundle = new Bundle();
    bundle.add(
        "a.js", "export const one = 1;\nexport async function two() {}\nexport class C {}\n");
    bundle.add("b.min.js", "/**\n * @license\n */\nconst t=1;export{t as T};");
    bundle.add(
        "c.min.js",
        "import{T as x}from\"./b.min.js\";export{T}from\"./b.min.js\";const y=x;export{y as Y};");
    bundle.add(
        "d.js", "import { one, two as zwei } from \"a.js\";\nimport { Y } from \"./c.min.js\";\n");
    assertThat(bundle.script())
        .contains("return { one, two, C, };")
        .contains("return { T: t, };")
        .contains("const { T: x } = modules[\"b.min.js\"];")
        .contains("return { T: modules[\"b.min.js\"].T, Y: y, };")
        .contains("const { one, two: zwei } = modules[\"a.js\"];")
        .doesNotContain("import ")
        .doesNotContain("export ");
  }

  @Test
  void aModuleThatStandsBeforeWhatItImportsIsRefused() {
    Bundle bundle = new Bundle();
    assertThatThrownBy(() -> bundle.add("a.js", "import { b } from \"b.js\";"))
        .hasMessageContaining("a.js imports b.js");
  }
}
