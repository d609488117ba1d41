package almagest.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.corpus.Relation.Pair;
import almagest.run.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelationsTest {
  @TempDir Path folder;

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  @Test
  void theDefaultsAreCleanAndLargeEnoughForStatistics() {
    List<Relation> relations = Relations.defaults();
    assertThat(relations).hasSizeGreaterThanOrEqualTo(8);
    for (Relation relation : relations) {
      assertThat(relation.pairs()).as(relation.name()).hasSizeGreaterThanOrEqualTo(50);
      List<String> inputs = relation.pairs().stream().map(Pair::input).toList();
      assertThat(new HashSet<>(inputs)).as(relation.name()).hasSameSizeAs(inputs);
      for (Pair pair : relation.pairs()) {
        assertThat(pair.input()).isNotBlank().isEqualTo(pair.input().strip());
        assertThat(pair.output()).isNotBlank().isEqualTo(pair.output().strip());
        assertThat(pair.input()).as(relation.name()).isNotEqualTo(pair.output());
      }
    }
  }

  @Test
  void aListOfInputsAndOutputsIsOneRelation() throws IOException {
    Path file =
        file(
            "colour-fruit.json",
            "[{\"output\": \"lemon\", \"input\": \"yellow\"}, {\"input\": \"word\", \"output\": 4}]");
    Relation relation = Relations.read(file).getFirst();
    assertThat(relation.name()).isEqualTo("colour-fruit");
    assertThat(relation.pairs())
        .containsExactly(new Pair("yellow", "lemon"), new Pair("word", "4"));
  }

  @Test
  void tablesHaveTwoOrThreeColumns() throws IOException {
    assertThat(
            Relations.read(file("a.csv", "input,output\nbig,small\n\"a, b\",\"say \"\"c\"\"\"\n")))
        .containsExactly(
            new Relation(
                "a",
                List.of(new Pair("big", "small"), new Pair("a, b", "say \"c\"")),
                folder.resolve("a.csv").toString()));
    assertThat(Relations.read(file("b.tsv", "x\t1\t2\r\ny\t3\t4\r\nx\t5\t6\r\n")))
        .extracting(Relation::name, Relation::pairs)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple(
                "x", List.of(new Pair("1", "2"), new Pair("5", "6"))),
            org.assertj.core.api.Assertions.tuple("y", List.of(new Pair("3", "4"))));
  }

  @Test
  void analogyQuestionsGiveTheirDistinctHalves() throws IOException {
    List<Relation> relations =
        Relations.read(
            file(
                "q.txt",
                ": capital common\nAthens Greece Oslo Norway\nOslo Norway Rome Italy\n: family\nboy girl he she\n"));
    assertThat(relations).extracting(Relation::name).containsExactly("capital-common", "family");
    assertThat(relations.getFirst().pairs())
        .containsExactly(
            new Pair("Athens", "Greece"), new Pair("Oslo", "Norway"), new Pair("Rome", "Italy"));
  }

  @Test
  void aFolderGivesAllItsFiles() throws IOException {
    file("b.csv", "1,2");
    file("a.json", "[{\"input\": \"x\", \"output\": \"y\"}]");
    file("README.md", "not a relation");
    assertThat(Relations.read(folder)).extracting(Relation::name).containsExactly("a", "b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "x.json; {\"pairs\": []}; expected a list",
        "x.json; []; empty",
        "x.json; [{\"input\": \"a\"}]; 'output'",
        "x.json; [{\"input\": \"a\", \"output\": [\"b\"]}]; 'output'",
        "x.json; [{\"input\": \" \", \"output\": \"b\"}]; only spaces",
        "x.json; [{\"input\": \"a\"; not valid JSON",
        "x.csv; a; expected 2 columns",
        "x.csv; ``; empty",
        "x.csv; a,\"b; never ends",
        "x.txt; a b c d; category",
        "x.txt; : c|a b c; four words",
        "x.txt; : c; empty",
        "x.doc; a,b; expected a relation file"
      })
  void whatIsNotARelationIsRefusedByName(String name, String content, String problem)
      throws IOException {
    Path file = file(name, content.replace('|', '\n'));
    assertThatThrownBy(() -> Relations.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(problem);
  }
}
