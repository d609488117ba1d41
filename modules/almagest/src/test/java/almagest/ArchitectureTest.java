package almagest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Data flows one way, and the packages say so. When a rule fails, the design is wrong, not the
 * test.
 */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("almagest");

  /** Left may not use right. */
  private static final List<String> FOUNDATION =
      List.of("run", "tensor", "linalg", "stat", "format");

  private static final List<String> FLOW =
      List.of("corpus", "model", "activation", "feature", "SCALES", "atlas");

  private static final List<String> SCALES = List.of("atom", "brain", "galaxy", "probe");

  @Test
  void laterStagesAreUnknownToEarlierOnes() {
    List<String> before = new ArrayList<>(FOUNDATION);
    for (int i = 0; i < FLOW.size(); i++) {
      List<String> stage = FLOW.get(i).equals("SCALES") ? SCALES : List.of(FLOW.get(i));
      for (String later : stage) {
        noClasses()
            .that()
            .resideInAnyPackage(packages(before))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(packages(List.of(later)))
            .because("data flows from corpus to atlas, and " + later + " comes after " + before)
            .allowEmptyShould(true)
            .check(CLASSES);
      }
      before.addAll(stage);
    }
  }

  @Test
  void theScalesDoNotKnowEachOther() {
    for (String scale : SCALES) {
      List<String> others = SCALES.stream().filter(s -> !s.equals(scale)).toList();
      noClasses()
          .that()
          .resideInAPackage("almagest." + scale + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(packages(others))
          .because("atom, brain, galaxy and probe can each be read alone")
          .allowEmptyShould(true)
          .check(CLASSES);
    }
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("almagest.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void theLibraryNeitherPrintsNorExits() {
    noClasses()
        .that()
        .resideOutsideOfPackages("almagest.cli..", "almagest.bench..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .because("it reports through Progress and throws")
        .check(CLASSES);
  }

  @Test
  void nothingIsCalledUtilOrHelper() {
    classes()
        .should()
        .haveSimpleNameNotEndingWith("Util")
        .andShould()
        .haveSimpleNameNotEndingWith("Utils")
        .andShould()
        .haveSimpleNameNotEndingWith("Helper")
        .andShould()
        .haveSimpleNameNotEndingWith("Manager")
        .because("a name says what a thing is")
        .check(CLASSES);
  }

  private static String[] packages(List<String> names) {
    return names.stream().map(n -> "almagest." + n + "..").toArray(String[]::new);
  }
}
