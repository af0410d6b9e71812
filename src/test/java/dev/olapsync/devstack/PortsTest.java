package dev.olapsync.devstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PortsTest {

    private static final int MANY = 300;

    @Test
    void nobodyGetsAPortThatAnotherHas() throws IOException {
        List<Integer> here = take();
        Process process = Service.java(List.of(), PortsTest.class)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String there = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        List<Integer> elsewhere = there.lines().map(Integer::valueOf).toList();
        assertThat(elsewhere).hasSize(MANY);
        assertThat(Stream.concat(here.stream(), elsewhere.stream()).toList()).doesNotHaveDuplicates();
    }

    public static void main(String[] arguments) {
        take().forEach(System.out::println);
    }

    private static List<Integer> take() {
        return Stream.generate(Ports::free).limit(MANY).toList();
    }
}
