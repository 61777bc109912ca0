//! tower's services that have no layer of their own: each is built around clones of the inner one.

use crate::foreign::{Always, Make};
use crate::row::{Row, layer, shared};
use rocketmq_tower::{BoxError, RemotingCommand, Service, ServiceBuilder};
use rocketmq_tower_test_support::SECOND;
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::hedge::Hedge;
use tower::layer::layer_fn;
use tower::load::{CompleteOnResponse, PeakEwma, PendingRequests};
use tower::reconnect::Reconnect;
use tower::steer::Steer;

/// The same row in both places, each with a `Buffer`, as the service is not `Clone`.
macro_rules! both {
    ($rows:expr, $name:expr, $service:expr) => {
        $rows.push(layer!($name, layer_fn($service)));
        $rows.push(shared!(
            concat!("`Buffer` of ", $name),
            ServiceBuilder::new().buffer(8).layer(layer_fn($service))
        ));
    };
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    both!(rows, "`Hedge`", hedged);
    both!(rows, "`Balance`", balanced);
    both!(rows, "`Steer`", steered);
    both!(rows, "`Reconnect`", reconnecting);
    both!(rows, "`PeakEwma`", measured);
    rows
}

fn hedged<S>(inner: S) -> Hedge<S, Always>
where
    S: Service<RemotingCommand, Error = BoxError> + Clone,
{
    Hedge::new(inner, Always, 10, 0.9, 10 * SECOND)
}

type Pair<S> = Balance<ServiceList<Vec<PendingRequests<S>>>, RemotingCommand>;

fn balanced<S>(inner: S) -> Pair<S>
where
    S: Service<RemotingCommand, Error = BoxError> + Clone,
{
    let one = || PendingRequests::new(inner.clone(), CompleteOnResponse::default());
    Balance::new(ServiceList::new::<RemotingCommand>(vec![one(), one()]))
}

type Picker<S> = fn(&RemotingCommand, &[S]) -> usize;

fn steered<S>(inner: S) -> Steer<S, Picker<S>, RemotingCommand>
where
    S: Service<RemotingCommand> + Clone,
{
    let pick: Picker<S> = |request, all| request.code().unsigned_abs() as usize % all.len();
    Steer::new([inner.clone(), inner], pick)
}

fn reconnecting<S: Clone>(inner: S) -> Reconnect<Make<S>, ()> {
    Reconnect::with_connection(inner.clone(), Make(inner), ())
}

fn measured<S>(inner: S) -> PeakEwma<S> {
    PeakEwma::new(inner, SECOND, 1e9, CompleteOnResponse::default())
}
