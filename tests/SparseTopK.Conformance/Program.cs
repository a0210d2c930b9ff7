using System.CommandLine;
using SparseTopK;
using SparseTopK.Conformance;

var file = new Argument<FileInfo>("file") { Description = "The cases: JSON Lines in the format of golden/README.md." };
var solver = new Option<TopKSolver>("--solver")
{
    Description = "How mask and mag find their threshold; the other operators have one solver.",
    DefaultValueFactory = _ => TopKSolver.Threshold,
};
solver.AcceptOnlyFromAmong("threshold", "pav");
var type = new Option<string>("--dtype") { Description = "The element type.", DefaultValueFactory = _ => "float" };
type.AcceptOnlyFromAmong("float", "double");

var command = new RootCommand("Compares the operators with verified cases and exits non-zero where one is over tolerance.")
{
    file, solver, type,
};
command.SetAction(arguments => Report.Run(
    arguments.GetRequiredValue(file).ToString(),
    arguments.GetValue(solver),
    arguments.GetRequiredValue(type),
    Console.Out,
    Console.Error));
return command.Parse(args).Invoke();
