package almagest.model;

import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DType;
import almagest.tensor.Device;
import almagest.tensor.FloatMatrix;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A transformer whose forward pass can be watched. Weights stay in the mapped files.
 *
 * <pre>{@code
 * Hook hook = Hook.parse("blocks.3.hook_resid_post");
 * try (LanguageModel model = LanguageModel.open(path, new LanguageModel.Options());
 *     Activations a = model.forward(List.of(Context.of(model.tokenizer().encode("Hello"))),
 *         Request.of(hook), workers)) {
 *   var x = a.at(hook); // [tokens, dModel]
 * }
 * }</pre>
 */
public interface LanguageModel extends AutoCloseable {
  /**
   * How a model is run.
   *
   * @param device where
   * @param products the type that matrix products are computed in, float32 or bf16; everything else
   *     is float32
   */
  record Options(Device device, DType products) {
    public Options {
      if (products != DType.FLOAT32 && products != DType.BF16) {
        throw new IllegalArgumentException("products in " + products);
      }
    }

    /**
     * By the names that users write.
     *
     * @param device {@code cpu} or {@code cuda}
     * @param products {@code float32} or {@code bf16}
     */
    public static Options of(String device, String products) {
      return new Options(
          switch (device) {
            case "cpu" -> Device.CPU;
            case "cuda" -> Device.CUDA;
            default -> throw new InputException("--device: expected cpu or cuda, found " + device);
          },
          switch (products) {
            case "float32" -> DType.FLOAT32;
            case "bf16" -> DType.BF16;
            default ->
                throw new InputException("--dtype: expected float32 or bf16, found " + products);
          });
    }

    /** On the processor in float32. */
    public Options() {
      this(Device.CPU, DType.FLOAT32);
    }
  }

  /**
   * What a forward pass is asked for.
   *
   * @param hooks what to read; the pass stops after the last block that is needed
   * @param logits whether to read the logits
   * @param interventions what to replace on the way
   * @param stride at which rows of the result context c begins: c · stride, with zeros between
   *     contexts; 0 for one context right after the other
   */
  record Request(
      Set<Hook> hooks, boolean logits, Map<Hook, Intervention> interventions, int stride) {
    public Request {
      if (stride < 0) {
        throw new IllegalArgumentException("a stride of " + stride);
      }
      hooks = Set.copyOf(hooks);
      interventions = Map.copyOf(interventions);
    }

    /** Packed, with nothing replaced. */
    public Request(Set<Hook> hooks, boolean logits, Map<Hook, Intervention> interventions) {
      this(hooks, logits, interventions, 0);
    }

    public static Request of(Hook... hooks) {
      return new Request(Set.of(hooks), false, Map.of(), 0);
    }

    public static Request of(Set<Hook> hooks) {
      return new Request(hooks, false, Map.of(), 0);
    }
  }

  /**
   * Opens a model directory: Hugging Face's layout ({@code config.json}, safetensors, {@code
   * tokenizer.json}), a snapshot or repository folder of its cache, a folder with {@code NAME.onnx}
   * and {@code NAME-tokenizer.json} of a BERT encoder; or a GGUF file, or a folder with one, of
   * Llama, Mistral, Qwen 2 and 3, Gemma 1 to 3.
   *
   * @throws almagest.run.InputException when the architecture or a key of its configuration is not
   *     known, or the weights do not fit the configuration
   */
  static LanguageModel open(Path directory, Options options) {
    return ModelDirectory.open(directory, options);
  }

  /** What a person calls it: the directory's name. */
  String name();

  /** The architecture, e.g. {@code bert}, as {@code model_type} spells it. */
  String family();

  /** The number of blocks. */
  int layers();

  /** The width of the residual stream. */
  int dModel();

  /** The longest context, special tokens included. */
  int contextLength();

  int vocabulary();

  Options options();

  /** How text becomes token ids; an error when the directory holds no {@code tokenizer.json}. */
  Tokenizer tokenizer();

  /**
   * What is put before a window of text: what the tokenizer's template puts there ([CLS], BOS), or
   * the configuration's BOS where a decoder's template puts none; empty when there is neither.
   */
  int[] contextPrefix();

  /** What is put after a window of text: an encoder's [SEP]; nothing for a decoder. */
  int[] contextSuffix();

  /** The width of what a hook point holds. */
  int width(Hook hook);

  /** Whether the model gives logits (decoders do). */
  boolean hasLogits();

  /**
   * Runs the contexts, each on its own: contexts of equal length are computed together in batches
   * that depend on the list alone, so results have the same bits on any number of threads.
   *
   * @param contexts each at most {@link #contextLength} tokens of this vocabulary
   * @return close it to free its memory
   */
  Activations forward(List<Context> contexts, Request request, Workers workers);

  /**
   * Reads directions of the residual stream as vocabulary (logit lens, nostalgebraist 2020): what a
   * direction alone would give as logits, as if no block came after. A decoder's direction goes
   * through the final norm's scale, without its bias, and the unembedding. An encoder has no
   * unembedding here; its direction is multiplied with its input word embeddings, to which BERT's
   * output is tied, without the transform of the head that it was trained with.
   *
   * @param directions [n, d_model]
   * @param into [n, vocabulary], overwritten
   */
  void readOut(FloatMatrix directions, FloatMatrix into);

  @Override
  void close();
}
