package almagest.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NoticeTest {
  @Test
  void everySourceAndItsLicenceStandInTheNotice() throws IOException {
    String notice = Files.readString(Path.of("../../NOTICE"));
    List<Licence> licences = new ArrayList<>();
    EmbeddedModel.ALL.forEach(model -> licences.add(model.licence()));
    for (String name : EmbeddedCorpus.NAMES) {
      Manifest.embedded(name).archives().values().forEach(a -> licences.add(a.licence()));
    }
    for (Licence licence : licences) {
      assertThat(notice).contains(licence.source() + "\n    " + licence.licence() + "\n");
    }
  }
}
