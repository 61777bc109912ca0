package main

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/admin"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

type cluster struct {
	names   string
	brokers []string
}

func (cluster cluster) resolver() primitive.NsResolver {
	return primitive.NewPassthroughResolver([]string{cluster.names})
}

// create makes a topic with two queues at each broker, and waits for its route.
func (cluster cluster) create(ctx context.Context, topic string) error {
	creator, err := admin.NewAdmin(admin.WithResolver(cluster.resolver()))
	if err != nil {
		return err
	}
	defer creator.Close()
	for _, broker := range cluster.brokers {
		err := creator.CreateTopic(ctx, admin.WithTopicCreate(topic), admin.WithBrokerAddrCreate(broker),
			admin.WithReadQueueNums(2), admin.WithWriteQueueNums(2))
		if err != nil {
			return err
		}
	}
	return until(ctx, func() string { return "the route of " + topic }, func() bool {
		// Each admin keeps the routes that it has seen.
		looker, err := admin.NewAdmin(admin.WithResolver(cluster.resolver()))
		if err != nil {
			return false
		}
		defer looker.Close()
		queues, err := looker.FetchPublishMessageQueues(ctx, topic)
		return err == nil && len(queues) == 2*len(cluster.brokers)
	})
}

func (cluster cluster) options(group string) []producer.Option {
	return []producer.Option{
		producer.WithGroupName(group + "-producers"), producer.WithInstanceName(group + "-producers"),
		producer.WithNsResolver(cluster.resolver()), producer.WithSendMsgTimeout(10 * time.Second),
	}
}

func (cluster cluster) producer(group string, options ...producer.Option) (rocketmq.Producer, error) {
	created, err := rocketmq.NewProducer(append(cluster.options(group), options...)...)
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

func (cluster cluster) consume(topic string, options ...consumer.Option) (*inbox, error) {
	options = append(options, consumer.WithGroupName(topic+"-consumers"), consumer.WithInstance(topic+"-consumers"),
		consumer.WithNsResolver(cluster.resolver()), consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	created, err := rocketmq.NewPushConsumer(options...)
	if err != nil {
		return nil, err
	}
	inbox := &inbox{consumer: created}
	err = created.Subscribe(topic, consumer.MessageSelector{}, func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
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

// bodies returns the texts that have arrived, in this order.
func (inbox *inbox) bodies() []string {
	inbox.lock.Lock()
	defer inbox.lock.Unlock()
	bodies := []string{}
	for _, message := range inbox.messages {
		bodies = append(bodies, string(message.Body))
	}
	return bodies
}

// await waits for texts, in any order, and fails if others have arrived.
func (inbox *inbox) await(ctx context.Context, expected []string) error {
	describe := func() string { return fmt.Sprintf("%v, there are %v", expected, inbox.bodies()) }
	if err := until(ctx, describe, func() bool { return len(inbox.bodies()) >= len(expected) }); err != nil {
		return err
	}
	return equal(sorted(inbox.bodies()), sorted(expected), "messages")
}

func sorted(texts []string) []string {
	sort.Strings(texts)
	return texts
}

func equal(actual, expected any, what string) error {
	if fmt.Sprint(actual) != fmt.Sprint(expected) {
		return fmt.Errorf("%s: expected %v, got %v", what, expected, actual)
	}
	return nil
}
