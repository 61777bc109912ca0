package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// selectBySQL gets the messages of an expression, also of those that were sent before it subscribed.
func selectBySQL(ctx context.Context, servers servers) (string, error) {
	producer, err := servers.producer("go-sql-p")
	if err != nil {
		return "", err
	}
	defer producer.Shutdown()
	sendRange := func(first, last int) error {
		for i := first; i <= last; i++ {
			message := primitive.NewMessage("sql", []byte(fmt.Sprintf("%02d", i))).WithTag([]string{"even", "odd"}[i%2])
			message.WithProperty("n", strconv.Itoa(i))
			if _, err := send(ctx, producer, message); err != nil {
				return err
			}
		}
		return nil
	}
	if err := sendRange(1, 20); err != nil {
		return "", err
	}
	selector := consumer.MessageSelector{Type: consumer.SQL92, Expression: "(n > 5 AND TAGS = 'even') OR n IN ('1', '39')"}
	inbox, err := servers.consume("go-sql", "sql", selector)
	if err != nil {
		return "", err
	}
	defer inbox.consumer.Shutdown()
	expected := []string{"01", "06", "08", "10", "12", "14", "16", "18", "20"}
	if err := inbox.await(ctx, expected...); err != nil {
		return "", err
	}
	if err := sendRange(36, 40); err != nil {
		return "", err
	}
	expected = append(expected, "36", "38", "39", "40")
	return fmt.Sprintf("%d of 25 messages", len(expected)), inbox.await(ctx, expected...)
}
