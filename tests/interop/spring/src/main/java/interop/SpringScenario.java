package interop;

/** A use of the template and of listeners. Its name is that of the bean. */
interface SpringScenario {
    /** Returns a text about the result. */
    String run() throws Exception;
}
