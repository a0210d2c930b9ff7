using System.Reflection;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace SparseTopK.TestKit;

/// <summary>A test of a contract. Where the class that runs it has a static string <c>Missing</c> that is not null, it is skipped for that reason.</summary>
[XunitTestCaseDiscoverer("SparseTopK.TestKit.ContractFactDiscoverer", "SparseTopK.TestKit")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ContractFactAttribute : FactAttribute;

/// <summary>A theory of a contract; see <see cref="ContractFactAttribute"/>.</summary>
[XunitTestCaseDiscoverer("SparseTopK.TestKit.ContractTheoryDiscoverer", "SparseTopK.TestKit")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ContractTheoryAttribute : TheoryAttribute;

public sealed class ContractFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        ContractTestCase.Missing(testMethod) is null
            ? base.CreateTestCase(discoveryOptions, testMethod, factAttribute)
            : new ContractTestCase(DiagnosticMessageSink, discoveryOptions, testMethod);
}

public sealed class ContractTheoryDiscoverer(IMessageSink sink) : TheoryDiscoverer(sink)
{
    public override IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute) =>
        ContractTestCase.Missing(testMethod) is null
            ? base.Discover(discoveryOptions, testMethod, theoryAttribute)
            : [new ContractTestCase(DiagnosticMessageSink, discoveryOptions, testMethod)];
}

/// <summary>A test that is skipped because of the class that runs it: xunit 2 asks the attribute alone.</summary>
public sealed class ContractTestCase : XunitTestCase
{
    [Obsolete("For deserialization.", error: true)]
    public ContractTestCase()
    {
    }

    public ContractTestCase(IMessageSink sink, ITestFrameworkDiscoveryOptions options, ITestMethod method)
        : base(sink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method)
    {
    }

    internal static string? Missing(ITestMethod method)
    {
        const BindingFlags flags = BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy;
        return (string?)method.TestClass.Class.ToRuntimeType().GetProperty("Missing", flags)?.GetValue(null);
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) => Missing(TestMethod);
}
