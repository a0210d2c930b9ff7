using System.CommandLine;
using SparseTopK.Quickstart;
using SparseTopK.Quickstart.Charts;
using SparseTopK.Quickstart.Datasets;
using SparseTopK.Quickstart.Terminal;
using Spectre.Console;

var data = new Option<DirectoryInfo?>("--data")
{
    Description = "A directory with IDX files named as MNIST's, plain or .gz. Default: the UCI optical digits that the program carries. "
        + $"The first {IdxData.LargestTrainingSet:N0} training images are used.",
    HelpName = "directory",
};
var seeds = CountOption.Create("--seeds", "How many times to train every network, each time from another seed. Default: 10, or 3 with --data.");
var epochs = CountOption.Create("--epochs", "Passes over the training images for each network. Default: 60, or 10 with --data.");
var output = new Option<DirectoryInfo>("--output")
{
    Description = "Where the charts go.",
    HelpName = "directory",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("artifacts", "quickstart")),
};
var quick = new Option<bool>("--quick") { Description = "A budget of seconds: 2 seeds, few epochs, two sparsities." };

var command = new RootCommand("Trains sparse networks with TopKMagnitude and compares them with other ways to sparse networks.")
{
    data, seeds, epochs, output, quick,
};
command.SetAction(arguments =>
{
    var directory = arguments.GetValue(data);
    var settings = Settings.Default(arguments.GetValue(quick), fromDirectory: directory is not null);
    settings = settings with
    {
        Seeds = arguments.GetValue(seeds) ?? settings.Seeds,
        Epochs = arguments.GetValue(epochs) ?? settings.Epochs,
    };
    return Run(directory, settings, arguments.GetRequiredValue(output));
});
return command.Parse(args).Invoke();

static int Run(DirectoryInfo? data, Settings settings, DirectoryInfo output)
{
    try
    {
        output.Create();
        var dataset = data is null ? DigitsData.Load() : IdxData.Load(data.ToString());
        var console = SampleConsole.Create();
        console.WriteLine($"{dataset.Name}: {dataset.Train.Count:N0} training and {dataset.Test.Count:N0} test images");
        var outcomes = Report.RunWithProgress(console, new Experiment(dataset, settings), settings);
        Report.Write(console, dataset, settings, outcomes);
        Save(output, "accuracy.svg", AccuracyChart.Draw(dataset.Name, settings, outcomes));
        Save(output, "operator-path.svg", OperatorPathChart.Draw());
        return 0;
    }
    catch (DataFileException e)
    {
        Console.Error.WriteLine(e.Message);
        return 2;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"{output}: the charts cannot be written there ({e.Message.TrimEnd('.')}); expected a directory.");
        return 2;
    }
}

static void Save(DirectoryInfo output, string name, string chart)
{
    var path = Path.Combine(output.ToString(), name);
    File.WriteAllText(path, chart);
    Console.WriteLine($"Wrote {path}");
}
