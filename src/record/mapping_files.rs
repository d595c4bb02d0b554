//! `--record-mappings`: each exchange that was passed on becomes a mapping file and a body file as soon
//! as it is complete.

use std::{
    borrow::Cow,
    collections::HashSet,
    io,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use super::snapshot::{MappingFile, Source};
use crate::{
    library::writer::{self, NewFile},
    model::{Request, StubId},
    redaction::Redactor,
    store::{Taken, TakenAnswer},
};

/// Exchanges that wait for the disk; those beyond are not recorded.
const QUEUE: usize = 256;

/// Different requests of which is known that they are recorded.
const MAX_KNOWN: usize = 100_000;

/// So long a stop waits for what is still to be written.
const FLUSH: Duration = Duration::from_secs(10);

enum Message {
    Taken(Box<(Request, TakenAnswer)>),
    Finish(SyncSender<()>),
}

/// Writes the files.
#[derive(Clone, Debug)]
pub struct MappingFiles(SyncSender<Message>);

impl MappingFiles {
    /// Writes below `root` from now on; `headers` are those of requests that count.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn start(root: PathBuf, headers: Vec<String>, redactor: Arc<Redactor>) -> io::Result<Self> {
        let (sender, received) = sync_channel(QUEUE);
        let worker = Worker { root, headers, redactor, known: HashSet::new() };
        thread::Builder::new().name("mappings".to_owned()).spawn(move || worker.run(&received))?;
        Ok(Self(sender))
    }

    /// Takes an exchange; never waits.
    pub fn take(&self, taken: &Taken) {
        let Some(answer) = taken.answer() else { return };
        let message = Message::Taken(Box::new((taken.request.clone(), answer)));
        if let Err(TrySendError::Full(_)) = self.0.try_send(message) {
            tracing::warn!("an exchange was not recorded: the disk does not follow");
        }
    }

    /// Waits until everything so far is written.
    pub fn finish(&self) {
        let (sender, done) = sync_channel(1);
        if self.0.send(Message::Finish(sender)).is_ok() {
            // Whoever does not answer in time is not waited for.
            let _ = done.recv_timeout(FLUSH);
        }
    }
}

struct Worker {
    root: PathBuf,
    headers: Vec<String>,
    redactor: Arc<Redactor>,
    known: HashSet<StubId>,
}

impl Worker {
    fn run(mut self, messages: &Receiver<Message>) {
        for message in messages {
            match message {
                Message::Taken(exchange) => self.write(*exchange),
                // Nobody may wait any more.
                Message::Finish(done) => drop(done.send(())),
            }
        }
    }

    fn write(&mut self, (request, answer): (Request, TakenAnswer)) {
        let source = Source {
            id: uuid::Uuid::nil(),
            request: Cow::Owned(request),
            is_proxied: true,
            status: answer.status,
            headers: answer.headers,
            body: answer.body.freeze(),
        };
        let file = MappingFile::of(source, &self.headers, &self.redactor);
        if self.known.contains(&file.stub.id) {
            return;
        }
        let (name, bytes) = &file.body;
        let mapping = NewFile::of_stub(self.root.join("mappings").join(&file.name), &file.stub);
        let written = writer::write_whole(&self.root.join("__files").join(name), bytes)
            .and_then(|_| writer::write_whole(&mapping.path, &mapping.content));
        match written {
            Ok(_) => {
                if self.known.len() >= MAX_KNOWN {
                    self.known.clear();
                }
                self.known.insert(file.stub.id);
                tracing::info!("recorded `mappings/{}`", file.name);
            }
            Err(error) => {
                let cause = &error.source;
                tracing::error!(%cause, "`mappings/{}` cannot be written", file.name);
            }
        }
    }
}
