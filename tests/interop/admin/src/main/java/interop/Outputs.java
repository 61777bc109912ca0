package interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The standard output: what the threads of a command print goes to the command's file. */
final class Outputs extends OutputStream {
    /** The threads of a command, with its file. */
    private static final class Group extends ThreadGroup {
        private final Path file;

        Group(Path file) {
            super(file.toString());
            this.file = file;
        }
    }

    ThreadGroup group(Path file) throws IOException {
        Files.createFile(file);
        return new Group(file);
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group != null && !(group instanceof Group)) {
            group = group.getParent();
        }
        if (group == null) {
            return;
        }
        ByteArrayOutputStream copy = new ByteArrayOutputStream();
        copy.write(bytes, offset, length);
        try {
            Files.write(((Group) group).file, copy.toByteArray(), StandardOpenOption.APPEND);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
