using System.Diagnostics;
using System.Reflection;
using Runner;
using Xunit.Sdk;

if (Settings.Parse(args, Console.Error) is not { } settings)
{
    return 2;
}

// ILGPU reports there what the driver says of a module that does not load.
Trace.Listeners.Add(new ConsoleTraceListener());
var assembly = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, settings.Suite + ".dll"));
using var framework = new XunitTestFramework(new Discovery());
var cases = Discovery.Of(framework, assembly).Where(settings.Selects).ToList();
if (settings.IsList)
{
    cases.ForEach(test => Console.WriteLine(test.DisplayName));
    return 0;
}

using var log = settings.Log is { } file ? new StreamWriter(file) { AutoFlush = true } : TextWriter.Null;
var run = new TestRun(log, settings.Seconds);
run.Execute(framework, assembly, cases);
Console.WriteLine(run.Summary);
if (settings.Json is { } json)
{
    File.WriteAllText(json, run.ToJson());
}

return run.Failed > 0 || run.IsStopped || (settings.ForbidsSkips && run.Skipped > 0) || run.Passed == 0 ? 1 : 0;
