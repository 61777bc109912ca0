//! Commands that the fuzzer generates.

use arbitrary::Arbitrary;
use rocketmq_tower_core::{RemotingCommand, SerializeType};

/// The parts of a command.
#[derive(Arbitrary, Debug)]
pub struct Parts<'a> {
    code: i32,
    opaque: i32,
    flag: i32,
    version: i32,
    language: u8,
    binary: bool,
    remark: Option<&'a str>,
    /// Whether there are ext fields, even if the list is empty.
    present: bool,
    fields: Vec<(&'a str, &'a str)>,
    removed: Option<&'a str>,
    body: &'a [u8],
}

impl Parts<'_> {
    /// Builds the command.
    #[must_use]
    pub fn command(&self) -> RemotingCommand {
        let kind = if self.binary { SerializeType::RocketMq } else { SerializeType::Json };
        let mut command = RemotingCommand::request(self.code)
            .with_flag(self.flag)
            .with_version(self.version.into())
            .with_language(self.language.into())
            .with_serialize_type(kind)
            .with_body(self.body.to_vec());
        command.set_opaque(self.opaque);
        if let Some(remark) = self.remark {
            command.set_remark(remark.to_owned());
        }
        let fields = command.ext_fields_mut();
        if self.present {
            fields.set_present();
        }
        for (name, value) in &self.fields {
            fields.insert(name, value);
        }
        if let Some(name) = self.removed {
            fields.remove(name);
            assert!(!fields.contains(name));
        }
        command
    }
}

/// Whether two commands are equal, including the order of their ext fields.
#[must_use]
pub fn same(a: &RemotingCommand, b: &RemotingCommand) -> bool {
    a == b && a.ext_fields().iter().eq(b.ext_fields().iter())
}
