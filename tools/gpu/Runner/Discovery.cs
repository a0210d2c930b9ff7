using System.Reflection;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Runner;

/// <summary>Finds the tests of an assembly.</summary>
internal sealed class Discovery : LongLivedMarshalByRefObject, IMessageSink
{
    private readonly List<ITestCase> _cases = [];
    private readonly TaskCompletionSource _finished = new();

    public static IReadOnlyList<ITestCase> Of(XunitTestFramework framework, Assembly assembly)
    {
        using var discoverer = framework.GetDiscoverer(Reflector.Wrap(assembly));
        var discovery = new Discovery();
        discoverer.Find(includeSourceInformation: false, discovery, new FrameworkOptions());
        discovery._finished.Task.Wait();
        return discovery._cases;
    }

    public bool OnMessage(IMessageSinkMessage message)
    {
        if (message is ITestCaseDiscoveryMessage found)
        {
            _cases.Add(found.TestCase);
        }
        else if (message is IDiscoveryCompleteMessage)
        {
            _finished.SetResult();
        }

        return true;
    }
}

/// <summary>The framework's own defaults.</summary>
internal sealed class FrameworkOptions : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
{
    private readonly Dictionary<string, object?> _values = [];

    public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out var value) ? (TValue)value! : default!;

    public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
}
