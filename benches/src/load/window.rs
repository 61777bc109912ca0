//! The requests in flight on one connection.

use crate::requests::OPAQUES;
use std::time::Instant;

/// The requests in flight, one in each place. A request's number determines its place, so responses
/// may arrive in any order.
#[derive(Debug)]
pub(super) struct Window {
    places: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    number: u32,
    sent: Instant,
}

impl Window {
    /// Creates a window with the requests 0 to `depth - 1`, sent now.
    pub(super) fn new(depth: u32) -> Self {
        let sent = Instant::now();
        Self { places: (0..depth).map(|number| Place { number, sent }).collect() }
    }

    /// Replaces the answered request `number` at `now`. Returns when it was sent, and the number of
    /// the new request; `None` if there is no such request.
    pub(super) fn replace(&mut self, number: u32, now: Instant) -> Option<(Instant, u32)> {
        let depth = u32::try_from(self.places.len()).ok()?;
        let place = self.places.get_mut((number % depth) as usize)?;
        if place.number != number {
            return None;
        }
        let sent = std::mem::replace(&mut place.sent, now);
        // The next number of this place. It starts again at the lowest when none is left.
        place.number = if number + depth < OPAQUES { number + depth } else { number % depth };
        Some((sent, place.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_counts_once_in_any_order() {
        let mut window = Window::new(3);
        let now = Instant::now();
        assert_eq!(window.replace(2, now).unwrap().1, 5);
        assert_eq!(window.replace(2, now), None);
        assert_eq!(window.replace(0, now).unwrap().1, 3);
        assert_eq!(window.replace(5, now).unwrap(), (now, 8));
        assert_eq!(window.replace(9, now), None);
    }
}
