use super::{LanguageCode, RemotingCommand, RequestCode, ResponseCode};

#[test]
fn commands_made_here_say_so() {
    let response = RemotingCommand::response(ResponseCode::SUCCESS);
    for command in [RemotingCommand::request(RequestCode::REGISTER_BROKER), response] {
        assert_eq!((command.language(), command.version().as_i32()), (LanguageCode::RUST, 479));
    }
    let older = RemotingCommand::request(RequestCode::REGISTER_BROKER).with_version(2333.into());
    assert_eq!((older.code(), older.version().as_i32(), older.remark()), (103, 2333, None));
}

#[test]
fn flag_bits_tell_requests_from_responses() {
    let request = RemotingCommand::request(RequestCode::HEART_BEAT);
    assert!(!request.is_response() && !request.is_oneway());
    assert!(request.oneway().is_oneway());
    let response = RemotingCommand::response(ResponseCode::SUCCESS);
    assert!(response.is_response());
    assert!(!response.oneway().is_oneway(), "both bits set is a response");
}

#[test]
fn debug_names_the_code_and_spares_the_body() {
    let text = format!("{:?}", RemotingCommand::request(310).with_body(vec![0; 1 << 20]));
    assert!(text.contains("310(SEND_MESSAGE_V2)") && text.contains("1048576 bytes"), "{text}");
}

/// Commands are moved often.
#[test]
fn size() {
    assert_eq!(size_of::<RemotingCommand>(), size_of::<usize>());
}

#[test]
fn a_command_has_nothing_of_an_earlier_one() {
    for _ in 0..3 {
        let mut command = RemotingCommand::default();
        assert_eq!(command, RemotingCommand::default());
        assert!(!command.ext_fields().is_present() && command.extensions().get::<u32>().is_none());
        command.extensions_mut().insert(1_u32);
        command = command.oneway().with_remark("remark").with_ext_field("a", "1").with_body("body");
        let copy = command.clone();
        assert_eq!(copy, command);
        drop(command);
        assert_eq!((copy.remark(), copy.ext_fields().get("a")), (Some("remark"), Some("1")));
    }
}
