/* SPDX-License-Identifier: Apache-2.0 */
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** Runs behaviours on some threads, each with a deadline, and says of each whether it holds. */
final class Runner {
    private static final long DEADLINE_MS = 240_000;

    /** One behaviour: how to get an object to run it on, and how to run it there. */
    record Behaviour(String area, String sentence, String id, Supplier<Area> make, Body body) {
        String title() {
            return area + ": " + sentence;
        }
    }

    interface Body {
        void run(Area area) throws Throwable;
    }

    private final Broker broker;
    private final List<String> surprises = new ArrayList<>();
    private int passed, failed;

    Runner(Broker broker) {
        this.broker = broker;
    }

    static List<Behaviour> behaviours(Supplier<Area> make) {
        Area sample = make.get();
        String area = sample.getClass().getSimpleName();
        List<Behaviour> all = new ArrayList<>();
        Method[] methods = sample.getClass().getDeclaredMethods();
        Arrays.sort(methods, Comparator.comparing(Method::getName));
        for (Method method : methods) {
            if (Modifier.isPublic(method.getModifiers()) && method.getParameterCount() == 0)
                all.add(new Behaviour(area, method.getName().replace('_', ' '), area + "." + method.getName(),
                                      make, object -> call(method, object)));
        }
        List<Area.Row> rows = sample.rows();
        for (int i = 0; i < rows.size(); i++) {
            int index = i;
            all.add(new Behaviour(area, rows.get(i).sentence(), area + ".row" + i, make,
                                  object -> object.rows().get(index).action().run()));
        }
        return all;
    }

    private static void call(Method method, Area object) throws Throwable {
        try {
            method.invoke(object);
        } catch (InvocationTargetException problem) {
            throw problem.getCause();
        }
    }

    /** True when every behaviour holds, or is known not to with this broker. */
    boolean run(List<Behaviour> behaviours, int threads) throws InterruptedException {
        Queue<Behaviour> left = new ConcurrentLinkedQueue<>(behaviours);
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread worker = new Thread(() -> {
                for (Behaviour next = left.poll(); next != null; next = left.poll())
                    judge(next);
            });
            worker.start();
            workers.add(worker);
        }
        for (Thread worker : workers)
            worker.join();
        for (String line : surprises)
            System.out.println(line);
        System.out.println(passed + " passed, " + failed + " failed, 0 skipped");
        return failed == 0;
    }

    private void judge(Behaviour behaviour) {
        Area area = behaviour.make().get();
        area.broker = broker;
        area.name = behaviour.id();
        Throwable[] problem = {new AssertionError("it did not end within " + DEADLINE_MS + " ms")};
        long began = System.nanoTime();
        Thread thread = new Thread(() -> {
            Throwable outcome = null;
            try {
                behaviour.body().run(area);
            } catch (Throwable caught) {
                outcome = caught;
            }
            if (outcome != null)
                problem[0] = outcome;
            area.closeAll();
            problem[0] = outcome;
        }, behaviour.id());
        thread.setDaemon(true);
        thread.start();
        try {
            thread.join(DEADLINE_MS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive() && problem[0] instanceof AssertionError)
            problem[0].setStackTrace(thread.getStackTrace());
        report(behaviour, problem[0], (System.nanoTime() - began) / 1_000_000);
    }

    private synchronized void report(Behaviour behaviour, Throwable problem, long tookMs) {
        String reason = Differences.reason(behaviour.id());
        if (reason != null && broker.isActiveMq()) {
            if (problem == null) {
                failed++;
                surprises.add("FAIL " + behaviour.title() + ": ActiveMQ is meant to differ: " + reason);
            } else {
                passed++;
                System.out.println("ok   " + behaviour.title() + " (differs: " + reason + ")");
            }
        } else if (problem == null) {
            passed++;
            System.out.println("ok   " + behaviour.title() + " (" + tookMs + " ms)");
        } else {
            failed++;
            String text = "FAIL " + behaviour.title() + ": " + explain(problem);
            System.out.println(text);
            surprises.add(text);
        }
    }

    /** The problem, its causes, and the lines of our own files that lead to it. */
    private static String explain(Throwable problem) {
        StringBuilder text = new StringBuilder(problem.toString());
        for (StackTraceElement line : problem.getStackTrace()) {
            String name = line.getClassName();
            if (!name.contains(".") && !name.startsWith("Check") && !name.startsWith("Runner"))
                text.append("\n       at ").append(line);
        }
        for (Throwable cause = problem.getCause(); cause != null; cause = cause.getCause())
            text.append("\n       because of ").append(cause);
        return text.toString();
    }
}
