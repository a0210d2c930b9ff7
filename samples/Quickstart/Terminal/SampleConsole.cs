using Spectre.Console;

namespace SparseTopK.Quickstart.Terminal;

/// <summary>Where the samples show bars and tables.</summary>
internal static class SampleConsole
{
    /// <summary>The console, or plain text where the output goes to a file or a pipe.</summary>
    public static IAnsiConsole Create()
    {
        if (!Console.IsOutputRedirected)
        {
            // Ctrl+C ends the program within the progress bars, which hide the cursor.
            Console.CancelKeyPress += (_, _) => AnsiConsole.Cursor.Show();
            return AnsiConsole.Console;
        }

        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
    }
}
