// Go's client against a cluster of several brokers. Arguments: the name server, the addresses of all brokers.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// The maximum time for all scenarios.
const patience = 120 * time.Second

var scenarios = map[string]func(context.Context, cluster, string) (string, error){
	"go-sends":        sends,
	"go-order":        order,
	"go-transactions": transactions,
}

func main() {
	servers := cluster{names: os.Args[1], brokers: os.Args[2:]}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var running sync.WaitGroup
	var printing sync.Mutex
	failed := false
	for name, scenario := range scenarios {
		running.Add(1)
		go func(name string, scenario func(context.Context, cluster, string) (string, error)) {
			defer running.Done()
			// The name of the scenario is that of its topic.
			err := servers.create(ctx, name)
			result := ""
			if err == nil {
				result, err = scenario(ctx, servers, name)
			}
			printing.Lock()
			defer printing.Unlock()
			if err != nil {
				failed = true
				fmt.Printf("FAILED %s: %v\n", name, err)
			} else {
				fmt.Printf("ok %s: %s\n", name, result)
			}
		}(name, scenario)
	}
	running.Wait()
	if failed {
		os.Exit(1)
	}
}

// until polls a condition until it holds.
func until(ctx context.Context, what func() string, condition func() bool) error {
	for !condition() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("not in time: %s", what())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}
