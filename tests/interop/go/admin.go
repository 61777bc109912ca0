package main

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/rocketmq-client-go/v2/admin"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

const created = "made-by-go"

// The admin ignores response codes, so what it did is always looked at.
func administer(ctx context.Context, servers servers) (string, error) {
	if seen, err := look(ctx, servers); err != nil || seen.listed || seen.queues != 0 {
		return "", fmt.Errorf("before: %+v, %v", seen, err)
	}
	if err := create(ctx, servers); err != nil {
		return "", err
	}
	seen, err := look(ctx, servers)
	if err == nil {
		err = equal(seen, view{listed: true, queues: 3}, "after CreateTopic")
	}
	if err != nil {
		return "", err
	}
	if err := use(ctx, servers); err != nil {
		return "", err
	}
	if err := remove(ctx, servers); err != nil {
		return "", err
	}
	seen, err = look(ctx, servers)
	if err == nil {
		err = equal(seen, view{}, "after DeleteTopic")
	}
	return "topic created, used and deleted, group listed", err
}

// view is what the servers tell of the topic.
type view struct {
	listed bool
	queues int
}

// look asks with an admin of its own, as each keeps the routes that it has seen.
func look(ctx context.Context, servers servers) (view, error) {
	admin, err := admin.NewAdmin(admin.WithResolver(servers.resolver()))
	if err != nil {
		return view{}, err
	}
	defer admin.Close()
	list, err := admin.FetchAllTopicList(ctx)
	if err != nil {
		return view{}, err
	}
	seen := view{}
	for _, topic := range list.TopicList {
		seen.listed = seen.listed || topic == created
	}
	queues, err := admin.FetchPublishMessageQueues(ctx, created)
	seen.queues = len(queues)
	if (err == nil) != seen.listed {
		return seen, fmt.Errorf("listed: %v, route: %v", seen.listed, err)
	}
	return seen, nil
}

func create(ctx context.Context, servers servers) error {
	creator, err := admin.NewAdmin(admin.WithResolver(servers.resolver()))
	if err != nil {
		return err
	}
	defer creator.Close()
	return creator.CreateTopic(ctx, admin.WithTopicCreate(created), admin.WithBrokerAddrCreate(servers.broker),
		admin.WithReadQueueNums(3), admin.WithWriteQueueNums(3))
}

// use sends through the topic, and looks at its route, its cluster and the consumer's group.
func use(ctx context.Context, servers servers) error {
	inbox, err := servers.consume("go-users", created, consumer.MessageSelector{})
	if err != nil {
		return err
	}
	defer inbox.consumer.Shutdown()
	producer, err := servers.producer("go-admin-p")
	if err != nil {
		return err
	}
	defer producer.Shutdown()
	if _, err := send(ctx, producer, primitive.NewMessage(created, []byte("used"))); err != nil {
		return err
	}
	if err := inbox.await(ctx, "used"); err != nil {
		return err
	}

	admin, err := admin.NewAdmin(admin.WithResolver(servers.resolver()))
	if err != nil {
		return err
	}
	defer admin.Close()
	clusters, err := admin.FetchClusterList(created)
	if err == nil {
		err = equal(clusters, []string{"DefaultCluster"}, "clusters")
	}
	if err != nil {
		return err
	}
	groups, err := admin.GetAllSubscriptionGroup(ctx, servers.broker, 10*time.Second)
	if err != nil {
		return err
	}
	group, found := groups.SubscriptionGroupTable["go-users"]
	if !found || !group.ConsumeEnable || group.RetryMaxTimes != 16 {
		return fmt.Errorf("the group is %+v, of %v", group, groups.SubscriptionGroupTable)
	}
	return nil
}

func remove(ctx context.Context, servers servers) error {
	remover, err := admin.NewAdmin(admin.WithResolver(servers.resolver()))
	if err != nil {
		return err
	}
	defer remover.Close()
	// Without the broker's address, it looks up the route.
	return remover.DeleteTopic(ctx, admin.WithTopicDelete(created))
}
