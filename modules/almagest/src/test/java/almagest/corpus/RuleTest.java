package almagest.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleTest {
  private static List<String> find(Rule rule, String text) {
    List<String> texts = new ArrayList<>();
    rule.find(text, item -> texts.add(item.text()));
    return texts;
  }

  @Test
  void blockCommentsGoButWhatOnlyLooksLikeOneStays() {
    String code =
        """
        /* licence
         */
        class A {
          String s = "/* no */"; // nor /* this
          char c = '"'; /* yes */ int i;
          String t = \"""
              /* text */ \""";
        }
        """;
    assertThat(SourceCode.withoutBlockComments(code, Integer.MAX_VALUE))
        .isEqualTo(
            """
            class A {
              String s = "/* no */"; // nor /* this
              char c = '"';  int i;
              String t = \"""
                  /* text */ \""";
            }
            """);
    assertThat(SourceCode.withoutBlockComments("/* a */x/* b */", 1)).isEqualTo("x/* b */");
  }

  @Test
  void docCommentsLoseTheirTags() {
    String code =
        """
        /** Short. */
        /**
         * Returns the {@linkplain Thing#size() number} of <b>things</b> &amp; more, {@code a < b}.
         * @param x the first of two numbers that are added here, at length
         * @author somebody
         */
        """;
    assertThat(find(new Rule.DocComments(), code))
        .containsExactly(
            """
            Returns the number of things & more, a < b.
            x the first of two numbers that are added here, at length\
            """);
  }

  @Test
  void pagesShowWhatAReaderSees() {
    assertThat(
            Markup.text(
                """
                <!DOCTYPE html><html><head><title>No</title></head><body><!-- no -->
                <h1>Big
                news</h1><p>One <b>bold</b>&nbsp;word&#33; a &lt; b</p><script>if (a<b) x();</script>
                <ul><li>first<li>second</ul></body></html>
                """))
        .isEqualTo("Big news\nOne bold word! a < b\nfirst\nsecond");
  }

  @Test
  void attributesAreFoundWithinTheirOuterElement() {
    List<Rule.Item> items = new ArrayList<>();
    new Rule.Attributes(Set.of("short"), "value", "entry")
        .find(
            "<b><entry><short value=\"one &amp; two\"/></entry><entry><x/><short id='a' value='three'/></entry></b>",
            items::add);
    assertThat(items).containsExactly(new Rule.Item("1", "one & two"), new Rule.Item("2", "three"));
  }

  @Test
  void elementsLoseTheirInnerTags() {
    assertThat(
            find(
                new Rule.Elements(Set.of("example")),
                "<r><example a=\"b>c\">He <marker>go</marker> home.</example><other>x</other><example/><example>Yes.</example></r>"))
        .contains("He go home.");
  }

  @Test
  void theOtherRulesFindTheirItems() {
    assertThat(find(new Rule.Paragraphs(), "a\nb\n\n \nc\n")).containsExactly("a\nb", "c");
    assertThat(find(new Rule.Lines(), " a \nb")).containsExactly("a", "b");
    assertThat(find(new Rule.JsonValues(List.of("x", "y")), "{\"y\": \" t \"}"))
        .containsExactly("t");
    assertThat(find(new Rule.JsonValues(List.of("x")), "broken")).isEmpty();
    assertThat(
            find(
                new Rule.WordNet(),
                "  1 licence\n00001740 03 n 02 entity 0 some_thing(a) 0 001 ~ 00001930 n 0000 | that which exists  \n"))
        .containsExactly("entity, some thing: that which exists");
    assertThat(
            find(
                new Rule.Obo(),
                "[Term]\nid: 1\nname: gene\ndef: \"A \\\"region\\\".\" [x]\n\n[Typedef]\ndef: \"no\" []\n"))
        .containsExactly("gene. A \"region\".");
    assertThat(
            find(new Rule.PythonStrings(), "# it's\nt = {'a': 'one\\n'\n 'two',\n 'b': \"it's\"}"))
        .containsExactly("one\ntwo", "it's");
  }

  @ParameterizedTest
  @CsvSource({
    "en, The report of the Committee is in the hands of this House and we will be voting on it",
    "fr, Le rapport de la commission est dans les mains de nous tous et il est important",
    "de, Der Bericht ist nicht so gut wie wir es mit der Kommission für die Zukunft wollten",
    "es, El informe de la Comisión no es una buena noticia para los ciudadanos que se han quejado",
    "nl, Het verslag van de commissie is niet goed en wij zijn het met die conclusie niet eens",
    "el, Η έκθεση της επιτροπής δεν είναι καλή και το Κοινοβούλιο θα την απορρίψει με την ψήφο του",
    "fi, Mietintö on hyvä ja tämä ei ole ongelma mutta on myös muita asioita joka päivä",
    "pl, Sprawozdanie nie jest dobre i to się nie zmieni przez lata oraz dla nas",
    "?, 42 17 xyzzy"
  })
  void languagesAreToldByTheirFrequentWords(String language, String text) {
    assertThat(Languages.guess(text)).isEqualTo(language);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "**/*.java; A.java; true",
        "**/*.java; a/b/A.java; true",
        "*.java; a/A.java; false",
        "a/**; a/b/c; true",
        "**/data.{noun,verb}; x/data.verb; true",
        "**/data.{noun,verb}; x/data.adj; false",
        "a+b?.txt; a+bc.txt; true",
        "goog/**/i18n/*; goog/i18n/x.js; true"
      })
  void globsMatchAsInAShell(String glob, String name, boolean expected) {
    assertThat(new Globs(List.of(glob)).matches(name)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<",
        "<a",
        "<a b=",
        "<a b=\"",
        "</",
        "<!--",
        "<!",
        "&",
        "&#;",
        "&#xD800;",
        "/*",
        "/**",
        "\"",
        "'",
        "{@",
        "/** {@link",
        "[Term]\nname: x\ndef: \"",
        "{\"",
        "x | y",
        "a\tb"
      })
  void noScrapOfTextBreaksARule(String scrap) {
    for (Rule rule :
        List.of(
            new Rule.Text(Rule.Comments.DROP, List.of("x")),
            new Rule.DocComments(),
            new Rule.Paragraphs(),
            new Rule.Lines(),
            new Rule.TabLines(2, Languages.Choice.ALL),
            new Rule.Html(),
            new Rule.JsonValues(List.of("a")),
            new Rule.Attributes(Set.of("a"), "b", "c"),
            new Rule.Elements(Set.of("a")),
            new Rule.WordNet(),
            new Rule.Obo(),
            new Rule.PythonStrings())) {
      find(rule, scrap);
      find(rule, "before " + scrap + " after");
      find(rule, scrap.repeat(3));
    }
  }
}
