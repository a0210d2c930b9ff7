using System.CommandLine;
using SparseTopK.Benchmarks;

var seconds = new Option<double>("--seconds") { Description = "Time for each case.", DefaultValueFactory = _ => 2 };
var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
var filter = new Option<string>("--case") { Description = "Only cases whose name holds this.", DefaultValueFactory = _ => string.Empty };
var ratios = new Command("ratios", "The operators against a copy and a sort of the same memory, side by side in one run.")
{
    seconds, threads, filter,
};
ratios.SetAction(arguments => Ratios.Run(
    arguments.GetValue(seconds), arguments.GetValue(threads), arguments.GetRequiredValue(filter), Console.Out));
return new RootCommand("Benchmarks of SparseTopK.") { ratios }.Parse(args).Invoke();
