using System.CommandLine;
using SparseTopK.Benchmarks;
using SparseTopK.Torch.Benchmarks;

var seconds = new Option<double>("--seconds") { Description = "Time for each case.", DefaultValueFactory = _ => 2 };
var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
var filter = new Option<string>("--case") { Description = "Only cases whose name holds this.", DefaultValueFactory = _ => string.Empty };
var command = new RootCommand("The operators through autograd against torch.topk and against the core, side by side in one run. Needs native libtorch.")
{
    seconds, threads, filter,
};
command.SetAction(arguments => AutogradRatios.Run(
    new Settings(arguments.GetValue(seconds), arguments.GetRequiredValue(filter), Console.Out), arguments.GetValue(threads)));
return command.Parse(args).Invoke();
