//! The way of messages to the recorder's thread. To wake a thread costs more than what it does for one
//! exchange: while exchanges keep coming they are taken together, some milliseconds' worth at a time.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use parking_lot::{Condvar, Mutex};

/// Exchanges are gathered for so long, unless somebody waits for what becomes of them.
const GATHERED: Duration = Duration::from_millis(5);

/// So many are not gathered longer.
const MANY: usize = 128;

/// How soon a message is wanted.
pub(super) trait Urgent {
    /// Whether somebody waits for it.
    fn is_urgent(&self) -> bool;
}

/// Makes both ends of a queue. It has no bound of its own: each exchange in it holds a permit.
pub(super) fn queue<M: Urgent>() -> (Sender<M>, Receiver<M>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            messages: VecDeque::new(),
            end: End::Open,
            waits: Waits::No,
            n_urgent: 0,
        }),
        arrived: Condvar::new(),
    });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

/// Where messages go in.
pub(super) struct Sender<M>(Arc<Shared<M>>);

/// Where messages come out.
pub(super) struct Receiver<M>(Arc<Shared<M>>);

struct Shared<M> {
    state: Mutex<State<M>>,
    arrived: Condvar,
}

struct State<M> {
    messages: VecDeque<M>,
    n_urgent: usize,
    end: End,
    waits: Waits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    /// One of the ends is gone.
    Closed,
}

/// What the receiver waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    No,
    ForMany,
    ForAny,
}

impl<M> State<M> {
    fn is_enough(&self, waits: Waits) -> bool {
        self.end == End::Closed
            || match waits {
                Waits::No => false,
                Waits::ForMany => self.n_urgent > 0 || self.messages.len() >= MANY,
                Waits::ForAny => !self.messages.is_empty(),
            }
    }
}

impl<M> fmt::Debug for Sender<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<M: Urgent> Sender<M> {
    /// Puts a message in; gives it back when nobody takes it.
    ///
    /// # Errors
    ///
    /// The receiver is gone.
    pub(super) fn send(&self, message: M) -> Result<(), M> {
        let mut state = self.0.state.lock();
        if state.end == End::Closed {
            return Err(message);
        }
        state.n_urgent += usize::from(message.is_urgent());
        state.messages.push_back(message);
        let wakes = state.waits != Waits::No && state.is_enough(state.waits);
        if wakes {
            state.waits = Waits::No;
        }
        drop(state);
        if wakes {
            self.0.arrived.notify_one();
        }
        Ok(())
    }
}

impl<M> Drop for Sender<M> {
    fn drop(&mut self) {
        self.0.state.lock().end = End::Closed;
        self.0.arrived.notify_one();
    }
}

/// What [`Receiver::take`] came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken<M> {
    /// At most so many as asked for.
    Messages(Vec<M>),
    /// None came in time.
    Late,
    /// None will come.
    Ended,
}

impl<M: Urgent> Receiver<M> {
    /// Lets exchanges gather for a moment.
    pub(super) fn gather(&self) {
        self.wait(Waits::ForMany, Some(GATHERED));
    }

    /// Takes what has come, the first `most` of it; waits for something to come, `time` at the longest.
    pub(super) fn take(&self, most: usize, time: Option<Duration>) -> Taken<M> {
        self.wait(Waits::ForAny, time);
        let mut state = self.0.state.lock();
        let n = state.messages.len().min(most);
        let messages: Vec<M> = state.messages.drain(..n).collect();
        state.n_urgent -= messages.iter().filter(|message| message.is_urgent()).count();
        match (messages.is_empty(), state.end) {
            (false, _) => Taken::Messages(messages),
            (true, End::Open) => Taken::Late,
            (true, End::Closed) => Taken::Ended,
        }
    }

    fn wait(&self, waits: Waits, time: Option<Duration>) {
        let mut state = self.0.state.lock();
        if state.is_enough(waits) {
            return;
        }
        state.waits = waits;
        let is_waiting = |state: &mut State<M>| !state.is_enough(waits);
        match time {
            Some(time) => drop(self.0.arrived.wait_while_for(&mut state, is_waiting, time)),
            None => self.0.arrived.wait_while(&mut state, is_waiting),
        }
        state.waits = Waits::No;
    }
}

impl<M> Drop for Receiver<M> {
    /// Who waits for an answer to a message learns that none comes.
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.end = End::Closed;
        let messages = std::mem::take(&mut state.messages);
        drop(state);
        drop(messages);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    struct Word(u32, bool);

    impl Urgent for Word {
        fn is_urgent(&self) -> bool {
            self.1
        }
    }

    #[test]
    fn messages_come_out_in_order_and_end_when_all_are_out() {
        let (sender, receiver) = queue();
        for n in 0..5 {
            sender.send(Word(n, n == 3)).unwrap();
        }
        drop(sender);
        receiver.gather();
        let words = |ns: std::ops::Range<u32>| ns.map(|n| Word(n, n == 3)).collect::<Vec<_>>();
        assert_eq!(receiver.take(3, None), Taken::Messages(words(0..3)));
        assert_eq!(receiver.take(3, None), Taken::Messages(words(3..5)));
        assert_eq!(receiver.take(3, None), Taken::Ended);
    }

    #[test]
    fn none_in_time_is_late_and_one_for_nobody_is_given_back() {
        let (sender, receiver) = queue::<Word>();
        assert_eq!(receiver.take(3, Some(Duration::from_millis(5))), Taken::Late);
        drop(receiver);
        assert_eq!(sender.send(Word(1, false)), Err(Word(1, false)));
    }

    #[test]
    fn an_urgent_message_ends_the_gathering() {
        let (sender, receiver) = queue();
        let other = thread::spawn(move || {
            let mut n = 0;
            while let Taken::Messages(words) = receiver.take(256, None) {
                n += words.len();
                receiver.gather();
            }
            n
        });
        for n in 0..2000 {
            sender.send(Word(n, true)).unwrap();
        }
        drop(sender);
        assert_eq!(other.join().unwrap(), 2000);
    }
}
