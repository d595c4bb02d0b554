//! Git's answers: the same content is cut into packets of other sizes on each run, as it came out of a
//! pipe (gitprotocol-common, gitprotocol-pack "side-band-64k").

/// What a stream of packets says, whatever the packets' sizes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    /// Lines and markers that are not part of the side band, in order.
    lines: Vec<Vec<u8>>,
    /// The pack.
    data: Vec<u8>,
    /// What went wrong, in the server's words.
    error: Vec<u8>,
}

/// Whether a media type is that of such an answer.
pub(super) fn is_answer(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|kind| {
        let kind = kind.trim();
        kind == "application/x-git-upload-pack-result"
            || kind == "application/x-git-receive-pack-result"
    })
}

/// Whether two answers say the same; progress messages aside.
pub(super) fn say_the_same(recorded: &[u8], now: &[u8]) -> bool {
    matches!((said(recorded), said(now)), (Some(recorded), Some(now)) if recorded == now)
}

/// `None` when these are no packets.
fn said(mut stream: &[u8]) -> Option<Said> {
    let mut said = Said::default();
    while !stream.is_empty() {
        let digits = std::str::from_utf8(stream.get(..4)?).ok()?;
        let length = usize::from_str_radix(digits, 16).ok()?;
        if length < 4 {
            // Flush, delimiter, end of response.
            said.lines.push(digits.as_bytes().to_vec());
            stream = stream.get(4..)?;
            continue;
        }
        let packet = stream.get(4..length)?;
        match packet.split_first() {
            Some((1, data)) => said.data.extend(data),
            Some((2, _progress)) => {}
            Some((3, error)) => said.error.extend(error),
            _ => said.lines.push(packet.to_vec()),
        }
        stream = stream.get(length..)?;
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packets(payloads: &[&[u8]]) -> Vec<u8> {
        let mut stream = Vec::new();
        for payload in payloads {
            stream.extend(format!("{:04x}", payload.len() + 4).into_bytes());
            stream.extend(*payload);
        }
        stream.extend(b"0000");
        stream
    }

    #[test]
    fn packets_of_other_sizes_say_the_same() {
        let recorded = packets(&[b"packfile\n", b"\x01PACKabc", b"\x02 10%", b"\x01def"]);
        let now = packets(&[b"packfile\n", b"\x01PA", b"\x01CKabcdef", b"\x02 done"]);
        assert!(say_the_same(&recorded, &now));
        for other in [
            packets(&[b"packfile\n", b"\x01PACKabcdeX"]),
            packets(&[b"\x01PACKabcdef", b"packfile"]),
            packets(&[b"packfile\n", b"\x01PACKabcdef", b"\x03died"]),
            recorded[..recorded.len() - 1].to_vec(),
        ] {
            assert!(!say_the_same(&recorded, &other));
        }
    }

    #[test]
    fn only_gits_own_types_are_read_so() {
        assert!(is_answer(Some("application/x-git-upload-pack-result")));
        assert!(!is_answer(Some("application/x-git-upload-pack-advertisement")));
        assert!(!is_answer(None));
    }

    proptest! {
        #[test]
        fn bytes_of_any_kind_never_panic(stream in "[0-9a-f\\x01-\\x03]{0,40}") {
            let _ = said(stream.as_bytes());
        }
    }
}
