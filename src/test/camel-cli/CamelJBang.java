import org.apache.camel.dsl.jbang.core.commands.CamelJBangMain;

/** The script that JBang installs as `camel`, without JBang. */
public class CamelJBang {

    public static void main(String... arguments) {
        CamelJBangMain.run(arguments);
    }
}
