using System.CommandLine;
using SparseTopK.Benchmarks;
using SparseTopK.Kernels.Benchmarks;

var seconds = new Option<double>("--seconds") { Description = "Time for each case.", DefaultValueFactory = _ => 1 };
var filter = new Option<string>("--case") { Description = "Only cases whose name holds this.", DefaultValueFactory = _ => string.Empty };
var command = new RootCommand("The kernels on the best accelerator of this machine (CUDA, else OpenCL), against a device copy and the core, side by side.")
{
    seconds, filter,
};
command.SetAction(arguments => KernelRatios.Run(new Settings(arguments.GetValue(seconds), arguments.GetRequiredValue(filter), Console.Out)));
return command.Parse(args).Invoke();
