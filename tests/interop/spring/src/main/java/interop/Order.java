package interop;

/** What Spring writes as JSON. */
public final class Order {
    public String id;
    public int amount;

    public Order() {
    }

    Order(String id, int amount) {
        this.id = id;
        this.amount = amount;
    }

    @Override
    public String toString() {
        return id + "=" + amount;
    }
}
