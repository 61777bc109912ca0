package interop;

/** One thing that clients of a broker do. */
interface Scenario {
    /** Tells what was shown, in a few words. */
    String run(Env env) throws Exception;
}
