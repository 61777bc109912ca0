package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const each = 20

// sends sends in all ways, and consumes.
func sends(ctx context.Context, cluster cluster, topic string) (string, error) {
	inbox, err := cluster.consume(topic)
	if err != nil {
		return "", err
	}
	defer inbox.consumer.Shutdown()
	sender, err := cluster.producer(topic)
	if err != nil {
		return "", err
	}
	defer sender.Shutdown()
	sent, brokers := []string{}, map[string]bool{}
	message := func(kind string, number int) *primitive.Message {
		body := fmt.Sprintf("%s %d", kind, number)
		sent = append(sent, body)
		return primitive.NewMessage(topic, []byte(body))
	}
	for i := 0; i < each; i++ {
		result, err := sender.SendSync(ctx, message("sync", i))
		if err != nil {
			return "", err
		}
		brokers[result.MessageQueue.BrokerName] = true
		if err := sender.SendOneWay(ctx, message("oneway", i)); err != nil {
			return "", err
		}
	}
	if _, err := sender.SendSync(ctx, message("batch", 1), message("batch", 2)); err != nil {
		return "", err
	}
	answers := make(chan error, each)
	for i := 0; i < each; i++ {
		err := sender.SendAsync(ctx, func(_ context.Context, _ *primitive.SendResult, err error) { answers <- err }, message("async", i))
		if err != nil {
			return "", err
		}
	}
	for i := 0; i < each; i++ {
		select {
		case err := <-answers:
			if err != nil {
				return "", err
			}
		case <-ctx.Done():
			return "", fmt.Errorf("not in time: async sends")
		}
	}
	if err := equal(len(brokers), len(cluster.brokers), "brokers that got messages"); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d messages, sync, async, oneway, batched", len(sent)), inbox.await(ctx, sent)
}

// order sends with keys, and consumes those of each key in order.
func order(ctx context.Context, cluster cluster, topic string) (string, error) {
	inbox, err := cluster.consume(topic, consumer.WithConsumerOrder(true))
	if err != nil {
		return "", err
	}
	defer inbox.consumer.Shutdown()
	sender, err := cluster.producer(topic, producer.WithQueueSelector(producer.NewHashQueueSelector()))
	if err != nil {
		return "", err
	}
	defer sender.Shutdown()
	keys := []string{"one", "two", "three", "four", "five"}
	sent := []string{}
	for i := 0; i < each; i++ {
		for _, key := range keys {
			body := fmt.Sprintf("%s %02d", key, i)
			sent = append(sent, body)
			message := primitive.NewMessage(topic, []byte(body))
			message.WithShardingKey(key)
			if _, err := sender.SendSync(ctx, message); err != nil {
				return "", err
			}
		}
	}
	if err := inbox.await(ctx, append([]string{}, sent...)); err != nil {
		return "", err
	}
	for _, key := range keys {
		if err := equal(of(inbox.bodies(), key), of(sent, key), "order of "+key); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d messages of %d keys in order", len(sent), len(keys)), nil
}

// of returns the texts with a key, in their order.
func of(texts []string, key string) []string {
	found := []string{}
	for _, text := range texts {
		if strings.HasPrefix(text, key+" ") {
			found = append(found, text)
		}
	}
	return found
}

// listener decides by the text of a message.
type listener struct {
	lock  sync.Mutex
	asked map[string]int
}

func (*listener) ExecuteLocalTransaction(message *primitive.Message) primitive.LocalTransactionState {
	switch string(message.Body) {
	case "committed":
		return primitive.CommitMessageState
	case "rolled back":
		return primitive.RollbackMessageState
	default:
		return primitive.UnkonwnState
	}
}

func (listener *listener) CheckLocalTransaction(message *primitive.MessageExt) primitive.LocalTransactionState {
	listener.lock.Lock()
	defer listener.lock.Unlock()
	listener.asked[string(message.Body)]++
	return primitive.CommitMessageState
}

// transactions ends one transaction in each way.
func transactions(ctx context.Context, cluster cluster, topic string) (string, error) {
	inbox, err := cluster.consume(topic)
	if err != nil {
		return "", err
	}
	defer inbox.consumer.Shutdown()
	listener := &listener{asked: map[string]int{}}
	sender, err := rocketmq.NewTransactionProducer(listener, cluster.options(topic)...)
	if err != nil {
		return "", err
	}
	if err := sender.Start(); err != nil {
		return "", err
	}
	defer sender.Shutdown()
	for _, body := range []string{"committed", "rolled back", "committed later"} {
		if _, err := sender.SendMessageInTransaction(ctx, primitive.NewMessage(topic, []byte(body))); err != nil {
			return "", err
		}
	}
	if err := inbox.await(ctx, []string{"committed", "committed later"}); err != nil {
		return "", err
	}
	listener.lock.Lock()
	defer listener.lock.Unlock()
	return "committed at once, and when the broker asks", equal(listener.asked, map[string]int{"committed later": 1}, "asked")
}
