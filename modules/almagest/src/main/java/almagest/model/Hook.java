package almagest.model;

import almagest.run.InputException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in the forward pass whose values can be read or replaced.
 *
 * @param kind what is read
 * @param layer the zero-based block; 0 for {@link Kind#FINAL_NORM}, which belongs to no block
 */
public record Hook(Kind kind, int layer) implements Comparable<Hook> {
  /** What a hook point holds; all are [tokens, d_model] but {@link #Z}. */
  public enum Kind {
    /** The residual stream that enters a block; of block 0: the embeddings. */
    RESID_PRE("hook_resid_pre"),
    /** The output of each attention head before the output projection, heads side by side. */
    Z("attn.hook_z"),
    /** What attention adds to the residual stream. */
    ATTN_OUT("hook_attn_out"),
    /** What the MLP adds to the residual stream. */
    MLP_OUT("hook_mlp_out"),
    /** The residual stream that leaves a block, before any final norm. */
    RESID_POST("hook_resid_post"),
    /** The output of the final norm, which the logits are made of. */
    FINAL_NORM("final_norm_out");

    private final String suffix;

    Kind(String suffix) {
      this.suffix = suffix;
    }
  }

  private static final Pattern BLOCK = Pattern.compile("blocks\\.(\\d{1,4})\\.([a-z_.]+)");
  private static final Pattern LAYER = Pattern.compile("layers(?:\\.|\\[)(\\d{1,4})\\]?");

  public Hook {
    if (layer < 0 || (kind == Kind.FINAL_NORM && layer != 0)) {
      throw new IllegalArgumentException("no hook " + kind + " at layer " + layer);
    }
  }

  /** The residual stream after a block. */
  public static Hook residPost(int layer) {
    return new Hook(Kind.RESID_POST, layer);
  }

  /**
   * Reads a name: {@code blocks.3.hook_resid_post} and its like, {@code layers.3} or {@code
   * layers[3]} (both: the output of block 3), {@code embeddings} or {@code hook_embed} (what enters
   * block 0), {@code final_norm_out} or {@code ln_final.hook_normalized}.
   */
  public static Hook parse(String name) {
    return switch (name) {
      case "embeddings", "hook_embed" -> new Hook(Kind.RESID_PRE, 0);
      case "final_norm_out", "ln_final.hook_normalized" -> new Hook(Kind.FINAL_NORM, 0);
      default -> parseNumbered(name);
    };
  }

  private static Hook parseNumbered(String name) {
    Matcher layer = LAYER.matcher(name);
    if (layer.matches()) {
      return residPost(Integer.parseInt(layer.group(1)));
    }
    Matcher block = BLOCK.matcher(name);
    if (block.matches()) {
      for (Kind kind : Kind.values()) {
        if (kind != Kind.FINAL_NORM && kind.suffix.equals(block.group(2))) {
          return new Hook(kind, Integer.parseInt(block.group(1)));
        }
      }
    }
    throw new InputException(
        "hook \""
            + name
            + "\": expected embeddings, layers.L, final_norm_out or blocks.L. with"
            + " hook_resid_pre, attn.hook_z, hook_attn_out, hook_mlp_out or hook_resid_post");
  }

  /** The name in the spelling of TransformerLens, e.g. {@code blocks.3.hook_resid_post}. */
  public String name() {
    return kind == Kind.FINAL_NORM
        ? kind.suffix
        : String.format(Locale.ROOT, "blocks.%d.%s", layer, kind.suffix);
  }

  /** By layer, then in the order in which a forward pass meets them. */
  @Override
  public int compareTo(Hook other) {
    boolean last = kind == Kind.FINAL_NORM;
    if (last != (other.kind == Kind.FINAL_NORM)) {
      return last ? 1 : -1;
    }
    return layer != other.layer ? Integer.compare(layer, other.layer) : kind.compareTo(other.kind);
  }
}
