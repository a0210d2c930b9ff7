using System.CommandLine;
using SparseTopK.Benchmarks;

var seconds = new Option<double>("--seconds") { Description = "Time for each case.", DefaultValueFactory = _ => 2 };
var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
var filter = new Option<string>("--case") { Description = "Only cases whose name holds this.", DefaultValueFactory = _ => string.Empty };
var ratios = new Command("ratios", "The operators against a copy or a sort of the same memory, side by side in one run.")
{
    seconds, threads, filter,
};
ratios.SetAction(arguments => Ratios.Run(
    new Settings(arguments.GetValue(seconds), arguments.GetRequiredValue(filter), Console.Out), arguments.GetValue(threads)));
var dykstra = new Command("dykstra", "What Dykstra's algorithm reaches and costs, against the exact solution: a Markdown table.");
dykstra.SetAction(_ => DykstraTable.Run(Console.Out));
return new RootCommand("Benchmarks of SparseTopK.") { ratios, dykstra }.Parse(args).Invoke();
