//! Where the frames of an HTTP/2 connection begin and end (RFC 9113 §4.1), seen from the bytes that
//! pass: a frame of ringer's own may go only between two, and not within a list of fields (§6.10).

/// What a client of HTTP/2 says first (RFC 9113 §3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// One direction of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Frames {
    head: [u8; 9],
    /// How much of `head` has passed.
    seen: usize,
    /// How much of the frame's payload is still to pass.
    left: usize,
    /// A list of fields goes on in the next frame.
    is_within_fields: bool,
    /// The highest stream that fields have come for.
    last_stream: u32,
}

impl Frames {
    /// Notes bytes that pass.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = self.pass_one(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// Whether another frame may go in here.
    pub(super) fn is_between(&self) -> bool {
        self.seen == 0 && self.left == 0 && !self.is_within_fields
    }

    /// How many of these bytes, which pass next, belong to what has begun.
    pub(super) fn begun(&self, bytes: &[u8]) -> usize {
        let mut ahead = self.clone();
        let mut taken = 0;
        while !ahead.is_between() && taken < bytes.len() {
            taken += ahead.pass_one(bytes.get(taken..).unwrap_or_default());
        }
        taken
    }

    /// The highest stream that fields have come for; 0 for none.
    pub(super) fn last_stream(&self) -> u32 {
        self.last_stream
    }

    /// Notes bytes up to the end of one frame; tells how many. At least 1 of at least 1.
    fn pass_one(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        if self.left == 0 {
            for byte in bytes.iter().take(self.head.len() - self.seen) {
                if let Some(place) = self.head.get_mut(self.seen) {
                    *place = *byte;
                }
                self.seen += 1;
                taken += 1;
            }
            if self.seen < self.head.len() {
                return taken;
            }
            self.begin();
        }
        let payload = self.left.min(bytes.len() - taken);
        self.left -= payload;
        if self.left == 0 {
            self.seen = 0;
        }
        taken + payload
    }

    fn begin(&mut self) {
        let [a, b, c, kind, flags, stream @ ..] = self.head;
        self.left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        if matches!(kind, HEADERS | PUSH_PROMISE | CONTINUATION) {
            self.is_within_fields = flags & END_HEADERS == 0;
        }
        if kind == HEADERS {
            self.last_stream = self.last_stream.max(u32::from_be_bytes(stream) & 0x7fff_ffff);
        }
    }
}

/// Whether a client speaks HTTP/2, and where in it it is.
#[derive(Clone, Debug, Default)]
pub(super) enum Inbound {
    /// So many bytes of the preface have come.
    #[default]
    Silent,
    /// So many bytes of the preface have come.
    Preface(usize),
    /// It does.
    Http2(Frames),
    /// It does not.
    Other,
}

impl Inbound {
    /// Notes bytes that came.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        let seen = match self {
            Self::Other => return,
            Self::Http2(frames) => return frames.pass(bytes),
            Self::Silent => 0,
            Self::Preface(seen) => *seen,
        };
        let left = PREFACE.get(seen..).unwrap_or_default();
        let said = bytes.get(..left.len().min(bytes.len())).unwrap_or_default();
        *self = if said != left.get(..said.len()).unwrap_or_default() {
            Self::Other
        } else if said.len() < left.len() {
            Self::Preface(seen + said.len())
        } else {
            let mut frames = Frames::default();
            frames.pass(bytes.get(said.len()..).unwrap_or_default());
            Self::Http2(frames)
        };
    }

    /// Whether it does, as far as is known.
    pub(super) fn is_http2(&self) -> bool {
        matches!(self, Self::Http2(_))
    }

    /// The highest stream that the client has asked on; 0 for none.
    pub(super) fn last_stream(&self) -> u32 {
        match self {
            Self::Http2(frames) => frames.last_stream(),
            _ => 0,
        }
    }
}

/// A `GOAWAY` (RFC 9113 §6.8).
pub(super) fn go_away(last_stream: u32, code: u32) -> [u8; 17] {
    let mut frame = [0; 17];
    frame[2] = 8;
    frame[3] = GOAWAY;
    for (place, byte) in frame
        .iter_mut()
        .skip(9)
        .zip(last_stream.to_be_bytes().into_iter().chain(code.to_be_bytes()))
    {
        *place = byte;
    }
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, flags: u8, stream: u8, payload: usize) -> Vec<u8> {
        let length = u32::try_from(payload).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags, 0, 0, 0, stream];
        frame.resize(9 + payload, 0xff);
        frame
    }

    #[test]
    fn a_list_of_fields_is_not_interrupted() {
        let mut frames = Frames::default();
        frames.pass(&frame(HEADERS, 0, 1, 5));
        assert!(!frames.is_between());
        let rest = [frame(CONTINUATION, END_HEADERS, 1, 3), frame(0, 0, 1, 4)].concat();
        assert_eq!(frames.begun(&rest), 12);
        frames.pass(&rest[..12]);
        assert!(frames.is_between());
        assert_eq!(frames.begun(&rest[12..]), 0);
    }

    #[test]
    fn the_preface_tells_http_2_from_other_protocols() {
        let told = |pieces: &[&[u8]]| {
            let mut inbound = Inbound::default();
            for piece in pieces {
                inbound.pass(piece);
            }
            (inbound.is_http2(), inbound.last_stream())
        };
        let asked = frame(HEADERS, END_HEADERS, 5, 2);
        assert_eq!(told(&[PREFACE, &frame(4, 0, 0, 0), &asked]), (true, 5));
        assert_eq!(told(&[&PREFACE[..3], &PREFACE[3..], &asked[..4], &asked[4..]]), (true, 5));
        assert_eq!(told(&[b"GET / HTTP/1.1\r\n\r\n"]), (false, 0));
        assert_eq!(told(&[b"P", b"OST / HTTP/1.1\r\n\r\n"]), (false, 0));
    }

    #[test]
    fn a_goaway_is_a_frame_of_17_bytes() {
        let bytes = go_away(7, 11);
        let mut frames = Frames::default();
        frames.pass(&bytes);
        assert!(frames.is_between());
        assert_eq!(bytes, [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 11]);
    }

    proptest! {
        #[test]
        fn borders_are_found_however_the_bytes_come(
            sizes in proptest::collection::vec(0_usize..40, 1..8),
            cuts in proptest::collection::vec(1_usize..20, 1..40),
        ) {
            let whole: Vec<u8> = sizes.iter().flat_map(|size| frame(0, 0, 1, *size)).collect();
            let mut borders = vec![0];
            for size in &sizes {
                borders.push(borders[borders.len() - 1] + 9 + size);
            }
            let mut frames = Frames::default();
            let mut at = 0;
            for cut in cuts {
                let next = (at + cut).min(whole.len());
                frames.pass(&whole[at..next]);
                at = next;
                prop_assert_eq!(frames.is_between(), borders.contains(&at));
                let border = borders.iter().copied().find(|border| *border >= at).unwrap();
                prop_assert_eq!(frames.begun(&whole[at..]), border - at);
            }
        }
    }
}
