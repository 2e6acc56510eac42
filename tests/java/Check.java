/* SPDX-License-Identifier: Apache-2.0 */
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;

/** What tests claim. A claim that does not hold is an AssertionError with both sides in its text. */
final class Check {
    /** How long something may take that must happen. It ends a test only when something is lost. */
    static final long PATIENCE_MS = 60_000;

    private Check() {
    }

    interface Action {
        void run() throws Exception;
    }

    static void equal(Object expected, Object actual) {
        equal("", expected, actual);
    }

    static void equal(String what, Object expected, Object actual) {
        boolean same = expected instanceof byte[] a && actual instanceof byte[] b
            ? Arrays.equals(a, b) : Objects.equals(expected, actual);
        if (!same)
            throw new AssertionError(what + " is " + show(actual) + ", not " + show(expected));
    }

    static void that(String claim, boolean holds) {
        if (!holds)
            throw new AssertionError("not so: " + claim);
    }

    static void contains(String part, String text) {
        if (text == null || !text.contains(part))
            throw new AssertionError(show(text) + " does not have " + show(part));
    }

    /** The exception that the action must end with: of exactly this class. */
    static <T extends Throwable> T throwing(Class<T> kind, Action action) {
        try {
            action.run();
        } catch (Throwable problem) {
            if (problem.getClass() == kind)
                return kind.cast(problem);
            throw new AssertionError(problem + " instead of " + kind.getName(), problem);
        }
        throw new AssertionError("no " + kind.getName());
    }

    static void until(String what, Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_MS * 1_000_000;
        while (!holds.call()) {
            if (System.nanoTime() > deadline)
                throw new AssertionError("still not so: " + what);
            Thread.sleep(10);
        }
    }

    private static String show(Object value) {
        String text = value instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(value);
        return text.length() <= 300 ? "'" + text + "'" : "'" + text.substring(0, 300) + "...'";
    }
}
