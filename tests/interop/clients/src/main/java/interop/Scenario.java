package interop;

/** One use of a broker by its clients. */
interface Scenario {
    /** Runs the scenario, and returns a short summary of what it has shown. */
    String run(Env env) throws Exception;
}
