package shop

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// TestBroker is a rocketmq-tower-broker in memory, on free ports of 127.0.0.1.
type TestBroker struct {
	NameServer, Address string
	process             *exec.Cmd
}

// startBroker starts a broker with topics such as "Orders,Payments", and ends it when the test ends, also when it fails.
func startBroker(t *testing.T, topics string) *TestBroker {
	process := exec.Command("rocketmq-tower-broker", "--in-memory", "--listen", "127.0.0.1:0", "--namesrv", "127.0.0.1:0",
		"--no-vip-port", "--log", "warn", "--topic", topics)
	process.Stderr = os.Stderr
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Process.Signal(syscall.SIGTERM)
		defer time.AfterFunc(10*time.Second, func() { process.Process.Kill() }).Stop()
		if err := process.Wait(); err != nil {
			t.Errorf("the broker ended with: %v", err)
		}
	})
	// After 10 s the line is empty.
	defer time.AfterFunc(10*time.Second, func() { process.Process.Kill() }).Stop()
	ready, _ := bufio.NewReader(stdout).ReadString('\n')
	broker := &TestBroker{process: process}
	if _, err := fmt.Sscanf(ready, "ready namesrv=%s broker=%s", &broker.NameServer, &broker.Address); err != nil {
		t.Fatalf("rocketmq-tower-broker did not start, see its stderr: %q", ready)
	}
	return broker
}
