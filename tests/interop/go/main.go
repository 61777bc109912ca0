// Scenarios of Go's client and its admin. Arguments: the name server, the broker, the names of the scenarios, by default all.
// Their topics exist, but that of `admin`.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// The maximum wait for a condition.
const patience = 90 * time.Second

var scenarios = map[string]func(context.Context, servers) (string, error){
	"admin": administer,
	"sql":   selectBySQL,
	"trace": trace,
}

type servers struct {
	names, broker string
}

func main() {
	servers, chosen := servers{os.Args[1], os.Args[2]}, os.Args[3:]
	if len(chosen) == 0 {
		for name := range scenarios {
			chosen = append(chosen, name)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	failed := false
	var running sync.WaitGroup
	var printing sync.Mutex
	for _, name := range chosen {
		running.Add(1)
		go func(name string) {
			defer running.Done()
			result, err := run(ctx, name, servers)
			printing.Lock()
			defer printing.Unlock()
			if err != nil {
				failed = true
				fmt.Printf("FAILED go %s: %v\n", name, err)
			} else {
				fmt.Printf("ok go %s: %s\n", name, result)
			}
		}(name)
	}
	running.Wait()
	if failed {
		os.Exit(1)
	}
}

func run(ctx context.Context, name string, servers servers) (string, error) {
	scenario, found := scenarios[name]
	if !found {
		return "", fmt.Errorf("there is no such scenario")
	}
	return scenario(ctx, servers)
}

// until polls a condition until it holds.
func until(ctx context.Context, what string, condition func() (bool, error)) error {
	for {
		holds, err := condition()
		if holds || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not in time: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
