package almagest.corpus;

/**
 * "a is to b as c is to d", where d is asked for.
 *
 * @param category of questions, without spaces, e.g. {@code family}
 */
public record AnalogyQuestion(String category, String a, String b, String c, String d) {}
