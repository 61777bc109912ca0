package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// trace reads the traces of a message that is sent and consumed.
func trace(ctx context.Context, servers servers) (string, error) {
	config := &primitive.TraceConfig{GroupName: "go-traces", Access: primitive.Local, Resolver: servers.resolver()}
	traces, err := servers.consume("go-trace-readers", "RMQ_SYS_TRACE_TOPIC", consumer.MessageSelector{})
	if err != nil {
		return "", err
	}
	defer traces.consumer.Shutdown()
	inbox, err := servers.consume("go-traced", "traced", consumer.MessageSelector{}, consumer.WithTrace(config))
	if err != nil {
		return "", err
	}
	defer inbox.consumer.Shutdown()
	producer, err := servers.producer("go-trace-p", producer.WithTrace(config))
	if err != nil {
		return "", err
	}
	defer producer.Shutdown()
	sent, err := send(ctx, producer, primitive.NewMessage("traced", []byte("traced")))
	if err != nil {
		return "", err
	}
	if err := inbox.await(ctx, "traced"); err != nil {
		return "", err
	}
	for _, kind := range []string{"Pub", "SubBefore", "SubAfter"} {
		err := until(ctx, kind+" of "+sent.MsgID, func() (bool, error) {
			return traced(traces.bodies(), kind, sent.MsgID), nil
		})
		if err != nil {
			return "", fmt.Errorf("%w; there are %q", err, traces.bodies())
		}
	}
	return "Pub, SubBefore and SubAfter", nil
}

// traced tells whether there is a trace of a kind with this id, which is one of its fields.
func traced(bodies []string, kind, id string) bool {
	for _, body := range bodies {
		for _, trace := range strings.Split(body, "\x02") {
			fields := strings.Split(trace, "\x01")
			if fields[0] == kind && contains(fields, id) {
				return true
			}
		}
	}
	return false
}

func contains(fields []string, wanted string) bool {
	for _, field := range fields {
		if field == wanted {
			return true
		}
	}
	return false
}
