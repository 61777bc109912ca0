//! What is under way on one connection.

use crate::requests::OPAQUES;
use std::time::Instant;

/// The requests that are under way: as many as there are places. The number of a request tells its
/// place, so that answers may come in any order.
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
    /// All the requests with numbers below `depth`, sent now.
    pub(super) fn new(depth: u32) -> Self {
        let sent = Instant::now();
        Self { places: (0..depth).map(|number| Place { number, sent }).collect() }
    }

    /// The request `number` was answered, and is replaced at `now`. Returns when it was sent, and the
    /// number of the new one; none if there is no such request.
    pub(super) fn replace(&mut self, number: u32, now: Instant) -> Option<(Instant, u32)> {
        let depth = u32::try_from(self.places.len()).ok()?;
        let place = self.places.get_mut((number % depth) as usize)?;
        if place.number != number {
            return None;
        }
        let sent = std::mem::replace(&mut place.sent, now);
        // The next one of this place; from the beginning when there is none.
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
