package shop

import (
	"context"
	"net"
	"testing"
	"time"
)

// run starts the application with a broker of its own, and returns what is billed.
func run(t *testing.T) (*Shop, <-chan string) {
	broker := startBroker(t, "Orders:1")
	billed := make(chan string, 10)
	billing, err := NewBilling(broker.NameServer, func(text string) { billed <- text })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { billing.Close() })
	shop, err := NewShop(broker.NameServer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shop.Close() })
	return shop, billed
}

func expect(t *testing.T, billed <-chan string, expected string) {
	t.Helper()
	select {
	case text := <-billed:
		if text != expected {
			t.Fatalf("got %q, not %q", text, expected)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("no %q within 20 s", expected)
	}
}

func TestAnOrderIsBilled(t *testing.T) {
	shop, billed := run(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := shop.Order(ctx, "7"); err != nil {
		t.Fatal(err)
	}
	expect(t, billed, "order 7")
}

func TestAReminderComesAfterASecond(t *testing.T) {
	shop, billed := run(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	start := time.Now()
	if err := shop.Remind(ctx, "8"); err != nil {
		t.Fatal(err)
	}
	expect(t, billed, "reminder of 8")
	if waited := time.Since(start); waited < time.Second {
		t.Fatalf("the reminder came after %v", waited)
	}
}

func TestABrokerLeavesNothing(t *testing.T) {
	var broker *TestBroker
	t.Run("a test", func(t *testing.T) {
		broker = startBroker(t, "Orders")
	})
	if code := broker.process.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("it exited with %d", code)
	}
	for _, address := range []string{broker.NameServer, broker.Address} {
		if connection, err := net.DialTimeout("tcp", address, 5*time.Second); err == nil {
			connection.Close()
			t.Fatalf("%s still listens", address)
		}
	}
}
