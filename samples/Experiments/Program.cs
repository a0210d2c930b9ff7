using System.CommandLine;
using SparseTopK.Experiments;
using SparseTopK.Experiments.Data;
using SparseTopK.Experiments.Mixtures;
using SparseTopK.Experiments.Pruning;
using SparseTopK.Experiments.Reporting;
using SparseTopK.Experiments.TopKLosses;
using SparseTopK.Quickstart.Datasets;
using SparseTopK.Quickstart.Terminal;

var data = new Option<DirectoryInfo?>("--data")
{
    Description = "A folder with IDX files named as MNIST's, plain or .gz. Default: that of Debian's package dataset-fashion-mnist, or the "
        + "digits that the program carries. The first 10,000 training images are used.",
    HelpName = "folder",
};
var output = new Option<DirectoryInfo>("--output")
{
    Description = "Where results and checkpoints go. Runs that are there already are not repeated.",
    HelpName = "folder",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("artifacts", "experiments")),
};
var seeds = CountOption.Create("--seeds", "How many times every network is trained, each time from another seed.");
var epochs = CountOption.Create("--epochs", "Passes over the training images for each network; for loss those of fine-tuning, after twice as many before.");
var quick = new Option<bool>("--quick") { Description = "A small form, below two minutes: it shows that everything works, not how well. Its results go to a folder of that name." };
var tune = new Option<bool>("--tune") { Description = "Tries the settings of every method on a held-out fifth of the training images instead." };

var console = ExperimentConsole.Create();
var prune = new Command("prune", "Pruning during training: soft top-k against hard methods, from 80 to 99.5 % zeros.");
prune.SetAction((arguments, stop) => Run(arguments, settings => new PruneExperiment(settings).Run(console, stop)));

var loss = new Command("loss", "Fine-tuning with top-k losses against cross-entropy: top-1, top-3 and top-5 accuracy.");
loss.SetAction((arguments, stop) => Run(arguments, settings => new LossExperiment(settings).Run(console, stop)));

var moe = new Command("moe", "Mixtures of experts: soft against hard routers, accuracy, load, dropped tokens and time per step.");
moe.SetAction((arguments, stop) => Run(arguments, settings => new MixtureExperiment(settings).Run(console, stop)));

var command = new RootCommand("The experiments of 'Fast, Differentiable and Sparse Top-k', on real images.") { prune, loss, moe };
foreach (Option option in new Option[] { data, output, seeds, epochs, quick, tune })
{
    option.Recursive = true;
    command.Options.Add(option);
}

return await command.Parse(args).InvokeAsync();

Task<int> Run(ParseResult arguments, Action<Settings> experiment)
{
    try
    {
        var folder = arguments.GetRequiredValue(output).FullName;
        var isQuick = arguments.GetValue(quick);
        experiment(new(
            Images.Load(arguments.GetValue(data)), isQuick ? Path.Combine(folder, "quick") : folder, arguments.GetValue(seeds),
            arguments.GetValue(epochs), isQuick, arguments.GetValue(tune)));
        return Task.FromResult(0);
    }
    catch (DataFileException error)
    {
        Console.Error.WriteLine(error.Message);
        return Task.FromResult(2);
    }
    catch (TypeInitializationException error) when (error.TypeName == typeof(TorchSharp.torch).FullName)
    {
        Console.Error.WriteLine("libtorch cannot be loaded: " + error.GetBaseException().Message.Split('\n')[0]);
        return Task.FromResult(3);
    }
    catch (Exception error) when (error is IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(error.Message);
        return Task.FromResult(2);
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("Stopped. The same command goes on from here.");
        return Task.FromResult(1);
    }
}
