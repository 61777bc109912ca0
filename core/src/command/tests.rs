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

/// Commands are moved often. This test is a reminder to reconsider before the type grows.
#[test]
fn size() {
    assert!(size_of::<RemotingCommand>() <= 128, "{}", size_of::<RemotingCommand>());
}
