package almagest.model;

import almagest.model.Hook.Kind;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.Device;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Tensor;
import almagest.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link Family}: block after block over all contexts, so that a block's weights are read
 * (and widened where they have to be) once for all of them. Within a block, batches of equally long
 * contexts are computed by one thread each. Nothing is ever padded.
 */
final class Transformer implements LanguageModel {
  /**
   * Tokens of a batch: enough for matrix products at full speed, few enough for a layer's tensors
   * to stay in cache. A constant, because the bits of a product depend on it.
   */
  private static final int CPU_BATCH = 2048;

  private static final int CUDA_BATCH = 16_384;

  /** Positions whose logits are computed together: they take the vocabulary's size each. */
  private static final int LOGIT_ROWS = 512;

  private final String name;
  private final String familyName;
  private final Family family;
  private final Sizes sizes;
  private final @Nullable Tokenizer tokenizer;
  private final int[] bos;
  private final Options options;

  /**
   * @param bos the configuration's BOS; empty for none
   */
  Transformer(
      String name,
      String familyName,
      Family family,
      @Nullable Tokenizer tokenizer,
      int[] bos,
      Options options) {
    this.name = name;
    this.familyName = familyName;
    this.family = family;
    this.sizes = family.sizes();
    this.tokenizer = tokenizer;
    this.bos = bos.clone();
    this.options = options;
  }

  /** Equally long contexts from one position on, which are computed together. */
  private record Batch(int[] contexts, Tensor ids, @Nullable Tensor types, int first) {
    int length() {
      return ids.size(1);
    }
  }

  @Override
  public Activations forward(List<Context> contexts, Request request, Workers workers) {
    check(contexts, request);
    int[] lengths = contexts.stream().mapToInt(Context::length).toArray();
    long[] starts = new long[lengths.length + 1];
    long rows = 0;
    for (int c = 0; c < lengths.length; c++) {
      int before = request.stride() > 0 ? contexts.get(c).first() : 0;
      if (request.stride() > 0 && before + lengths[c] > request.stride()) {
        throw new IllegalArgumentException(
            before + lengths[c] + " tokens at a stride of " + request.stride());
      }
      starts[c] = rows + before;
      rows += request.stride() > 0 ? request.stride() : lengths[c];
    }
    starts[lengths.length] = rows;
    Arena arena = Arena.ofShared();
    try {
      Map<Hook, FloatMatrix> values = new TreeMap<>();
      for (Hook hook : request.hooks()) {
        values.put(hook, FloatMatrix.zeros(arena, rows, width(hook)));
      }
      FloatMatrix logits =
          request.logits() ? FloatMatrix.zeros(arena, rows, sizes.vocabulary()) : null;
      Activations result = new Activations(arena, starts, lengths, values, logits);
      try (TensorScope _ = TensorScope.open()) {
        run(contexts, request, result, workers);
      }
      return result;
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private void run(List<Context> contexts, Request request, Activations result, Workers workers) {
    List<Batch> batches = batches(contexts);
    Tensor[] x = new Tensor[batches.size()];
    try {
      each(
          workers,
          x.length,
          i -> {
            try (TensorScope scope = TensorScope.open()) {
              Batch batch = batches.get(i);
              x[i] = scope.keep(family.embed(batch.ids, batch.types, batch.first));
            }
          });
      int blocks = blocksNeeded(request);
      for (int l = 0; l < blocks; l++) {
        int layer = l;
        try (TensorScope _ = TensorScope.open()) {
          Family.Block block = family.block(layer);
          each(
              workers,
              x.length,
              i -> {
                try (TensorScope scope = TensorScope.open()) {
                  Taps taps = new Taps(layer, batches.get(i), request, result);
                  Tensor before = taps.at(Kind.RESID_PRE, x[i]);
                  Tensor after = taps.at(Kind.RESID_POST, block.forward(before, taps));
                  x[i].close();
                  x[i] = scope.keep(after);
                }
              });
        }
      }
      each(workers, x.length, i -> finish(x[i], blocks, batches.get(i), request, result));
    } finally {
      for (Tensor t : x) {
        if (t != null) {
          t.close();
        }
      }
    }
  }

  /** What comes after the last block that is run. */
  private void finish(Tensor x, int blocks, Batch batch, Request request, Activations result) {
    try (TensorScope _ = TensorScope.open()) {
      if (blocks < sizes.layers()) {
        new Taps(blocks, batch, request, result).at(Kind.RESID_PRE, x);
      }
      Hook last = new Hook(Kind.FINAL_NORM, 0);
      if (request.logits() || request.hooks().contains(last)) {
        Tensor normed =
            new Taps(0, batch, request, result).at(Kind.FINAL_NORM, family.finalNorm(x));
        if (request.logits()) {
          for (int i = 0; i < batch.contexts.length; i++) {
            long start = result.start(batch.contexts[i]);
            Tensor rows = normed.narrow(0, i, 1).reshape(batch.length(), sizes.dModel());
            for (int from = 0; from < batch.length(); from += LOGIT_ROWS) {
              int count = Math.min(LOGIT_ROWS, batch.length() - from);
              try (TensorScope _ = TensorScope.open()) {
                family
                    .logits(rows.narrow(0, from, count))
                    .copyTo(result.logits().slice(start + from, start + from + count).data());
              }
            }
          }
        }
      }
    }
  }

  /** Reads and replaces hook points of one batch in one block. */
  private record Taps(int layer, Batch batch, Request request, Activations result)
      implements Family.Taps {
    @Override
    public Tensor at(Kind kind, Tensor value) {
      Hook hook = new Hook(kind, layer);
      Intervention intervention = request.interventions().get(hook);
      Tensor now = intervention == null ? value : replaced(value, intervention);
      if (request.hooks().contains(hook)) {
        FloatMatrix into = result.at(hook);
        for (int i = 0; i < batch.contexts.length; i++) {
          long start = result.start(batch.contexts[i]);
          now.narrow(0, i, 1).copyTo(into.slice(start, start + batch.length()).data());
        }
      }
      return now;
    }

    private Tensor replaced(Tensor value, Intervention intervention) {
      try (Arena arena = Arena.ofConfined()) {
        long[] shape = value.shape();
        FloatMatrix rows = FloatMatrix.zeros(arena, shape[0] * shape[1], (int) shape[2]);
        value.copyTo(rows.data());
        intervention.replace(rows, batch.contexts.clone());
        return Tensor.wrap(rows.data(), almagest.tensor.DType.FLOAT32, shape)
            .copy()
            .to(value.device());
      }
    }
  }

  @Override
  public void readOut(FloatMatrix directions, FloatMatrix into) {
    long n = directions.rows();
    if (directions.columns() != sizes.dModel()
        || into.rows() != n
        || into.columns() != sizes.vocabulary()) {
      throw new IllegalArgumentException(
          "directions [%d, %d] into [%d, %d], expected [n, %d] into [n, %d]"
              .formatted(
                  n,
                  directions.columns(),
                  into.rows(),
                  into.columns(),
                  sizes.dModel(),
                  sizes.vocabulary()));
    }
    if (n == 0) {
      return;
    }
    try (TensorScope _ = TensorScope.open()) {
      Tensor x =
          Tensor.wrap(directions.data(), almagest.tensor.DType.FLOAT32, n, sizes.dModel())
              .copy()
              .to(options.device());
      family.readOut(x).copyTo(into.data());
    }
  }

  private int blocksNeeded(Request request) {
    int blocks = request.logits() ? sizes.layers() : 0;
    for (Hook hook : request.hooks()) {
      int needed =
          switch (hook.kind()) {
            case RESID_PRE -> hook.layer();
            case Z, ATTN_OUT, MLP_OUT, RESID_POST -> hook.layer() + 1;
            case FINAL_NORM -> sizes.layers();
          };
      blocks = Math.max(blocks, needed);
    }
    return blocks;
  }

  /** What contexts of a batch share. */
  private record Place(int length, int first) {}

  /** Contexts by length, in the order in which a length first appears, cut into batches. */
  private List<Batch> batches(List<Context> contexts) {
    Map<Place, List<Integer>> byPlace = new LinkedHashMap<>();
    for (int c = 0; c < contexts.size(); c++) {
      Place place = new Place(contexts.get(c).length(), contexts.get(c).first());
      byPlace.computeIfAbsent(place, k -> new ArrayList<>()).add(c);
    }
    int tokens = options.device() == Device.CUDA ? CUDA_BATCH : CPU_BATCH;
    List<Batch> batches = new ArrayList<>();
    byPlace.forEach((place, members) -> {
      int size = Math.max(1, tokens / place.length);
      for (int from = 0; from < members.size(); from += size) {
        batches.add(
            batch(contexts, members.subList(from, Math.min(members.size(), from + size)), place));
      }
    });
    return batches;
  }

  private Batch batch(List<Context> contexts, List<Integer> members, Place place) {
    int length = place.length;
    int b = members.size();
    int[] ids = new int[b * length];
    int[] types = new int[b * length];
    boolean typed = false;
    for (int i = 0; i < b; i++) {
      Context context = contexts.get(members.get(i));
      System.arraycopy(context.ids(), 0, ids, i * length, length);
      int[] given = context.types();
      if (given != null) {
        typed = true;
        System.arraycopy(given, 0, types, i * length, length);
      }
    }
    return new Batch(
        members.stream().mapToInt(Integer::intValue).toArray(),
        Tensor.of(ids, b, length).to(options.device()),
        typed ? Tensor.of(types, b, length).to(options.device()) : null,
        place.first);
  }

  private void each(Workers workers, int pieces, IntConsumer piece) {
    if (options.device() == Device.CPU) {
      workers.run(pieces, piece);
    } else {
      for (int i = 0; i < pieces; i++) {
        piece.accept(i);
      }
    }
  }

  private void check(List<Context> contexts, Request request) {
    for (Hook hook : request.hooks()) {
      checkLayer(hook);
    }
    request.interventions().keySet().forEach(this::checkLayer);
    if (request.logits() && !family.hasLogits()) {
      throw new InputException(name + " is an encoder (" + familyName + "): it has no logits");
    }
    for (int c = 0; c < contexts.size(); c++) {
      Context context = contexts.get(c);
      if (context.first() + context.length() > sizes.context()) {
        throw new InputException(
            "context %d has %d tokens, %s takes at most %d"
                .formatted(c, context.first() + context.length(), name, sizes.context()));
      }
      if (context.types() != null && !family.hasTokenTypes()) {
        throw new InputException(name + " (" + familyName + ") knows no token types");
      }
      for (int id : context.ids()) {
        if (id < 0 || id >= sizes.vocabulary()) {
          throw new InputException(
              "context %d holds token id %d, %s has 0 to %d"
                  .formatted(c, id, name, sizes.vocabulary() - 1));
        }
      }
    }
  }

  private void checkLayer(Hook hook) {
    if (hook.layer() >= sizes.layers()) {
      throw new InputException(
          "hook %s: %s has layers 0 to %d".formatted(hook.name(), name, sizes.layers() - 1));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String family() {
    return familyName;
  }

  @Override
  public int layers() {
    return sizes.layers();
  }

  @Override
  public int dModel() {
    return sizes.dModel();
  }

  @Override
  public int contextLength() {
    return sizes.context();
  }

  @Override
  public int vocabulary() {
    return sizes.vocabulary();
  }

  @Override
  public Options options() {
    return options;
  }

  @Override
  public boolean hasLogits() {
    return family.hasLogits();
  }

  @Override
  public int width(Hook hook) {
    return hook.kind() == Kind.Z ? sizes.attentionWidth() : sizes.dModel();
  }

  @Override
  public int[] contextPrefix() {
    int[] template = tokenizer == null ? new int[0] : tokenizer.prefix();
    return template.length > 0 || !family.hasLogits() ? template : bos.clone();
  }

  @Override
  public int[] contextSuffix() {
    return tokenizer == null || family.hasLogits() ? new int[0] : tokenizer.suffix();
  }

  @Override
  public Tokenizer tokenizer() {
    if (tokenizer == null) {
      throw new InputException(
          name + ": no tokenizer.json beside the weights; put it there, or hand in token ids");
    }
    return tokenizer;
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
