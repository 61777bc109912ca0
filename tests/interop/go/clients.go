package main

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

func (servers servers) resolver() primitive.NsResolver {
	return primitive.NewPassthroughResolver([]string{servers.names})
}

func (servers servers) producer(group string, options ...producer.Option) (rocketmq.Producer, error) {
	options = append(options, producer.WithGroupName(group), producer.WithNsResolver(servers.resolver()),
		producer.WithInstanceName(group), producer.WithSendMsgTimeout(10*time.Second))
	created, err := rocketmq.NewProducer(options...)
	if err != nil {
		return nil, err
	}
	return created, created.Start()
}

// inbox collects the messages of a push consumer.
type inbox struct {
	consumer rocketmq.PushConsumer
	lock     sync.Mutex
	messages []*primitive.MessageExt
}

func (servers servers) consume(group, topic string, selector consumer.MessageSelector, options ...consumer.Option) (*inbox, error) {
	options = append(options, consumer.WithGroupName(group), consumer.WithNsResolver(servers.resolver()), consumer.WithInstance(group),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	created, err := rocketmq.NewPushConsumer(options...)
	if err != nil {
		return nil, err
	}
	inbox := &inbox{consumer: created}
	err = created.Subscribe(topic, selector, func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		inbox.lock.Lock()
		defer inbox.lock.Unlock()
		inbox.messages = append(inbox.messages, messages...)
		return consumer.ConsumeSuccess, nil
	})
	if err != nil {
		return nil, err
	}
	return inbox, created.Start()
}

// bodies returns the texts that have arrived, sorted.
func (inbox *inbox) bodies() []string {
	inbox.lock.Lock()
	defer inbox.lock.Unlock()
	bodies := []string{}
	for _, message := range inbox.messages {
		bodies = append(bodies, string(message.Body))
	}
	sort.Strings(bodies)
	return bodies
}

// await waits for texts, and fails if others arrive.
func (inbox *inbox) await(ctx context.Context, expected ...string) error {
	sort.Strings(expected)
	return until(ctx, fmt.Sprint(expected), func() (bool, error) {
		seen := inbox.bodies()
		if len(seen) < len(expected) {
			return false, nil
		}
		return true, equal(seen, expected, "messages")
	})
}

func equal(actual, expected any, what string) error {
	if fmt.Sprint(actual) != fmt.Sprint(expected) {
		return fmt.Errorf("%s: expected %v, got %v", what, expected, actual)
	}
	return nil
}

func send(ctx context.Context, sender rocketmq.Producer, message *primitive.Message) (*primitive.SendResult, error) {
	result, err := sender.SendSync(ctx, message)
	if err != nil {
		return nil, err
	}
	return result, equal(result.Status, primitive.SendOK, "status")
}
