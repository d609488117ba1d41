package almagest.model;

/**
 * The sizes of a model that its users need.
 *
 * @param layers blocks
 * @param dModel width of the residual stream
 * @param attentionWidth heads times head width: the width of {@code attn.hook_z}
 * @param context the longest context, in tokens
 * @param vocabulary token ids are below it
 */
record Sizes(int layers, int dModel, int attentionWidth, int context, int vocabulary) {}
