/**
 * Statistics that more than one scale needs: moments and intervals, empirical p-values, agreement
 * of partitions, k-means, silhouettes. Every statistic says in its Javadoc what it is not (biased,
 * in-sample, confounded).
 */
@NullMarked
package almagest.stat;

import org.jspecify.annotations.NullMarked;
