package interop;

/** Request codes that both sides of the test serve. */
final class Codes {
    static final int ECHO = 1;
    static final int COUNT = 2;
    static final int HEADER = 3;
    static final int BUSY = 4;
    static final int CALL_BACK = 5;
    static final int SLOW = 6;
    static final int DRAIN = 7;
    static final int DEFERRED = 8;
    static final int FAIL = 9;
    static final int SHUT_DOWN = 10;
    static final int RELOAD = 11;
    /** A request that the server sends to its client. */
    static final int ASK = 307;
    static final int NOTIFY = 40;
    static final int UNKNOWN = 7777;

    private Codes() {
    }
}
