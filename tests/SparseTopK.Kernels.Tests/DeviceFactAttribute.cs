using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace SparseTopK.Kernels.Tests;

/// <summary>A test of an abstract contract over <see cref="IDevices"/>: skipped, with the reason, in a subclass whose device is missing.</summary>
[XunitTestCaseDiscoverer("SparseTopK.Kernels.Tests.DeviceFactDiscoverer", "SparseTopK.Kernels.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class DeviceFactAttribute : FactAttribute;

public sealed class DeviceFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        new DeviceTestCase(
            DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod);
}

/// <summary>xunit 2 asks the attribute why a test is skipped; here it depends on the subclass.</summary>
public sealed class DeviceTestCase : XunitTestCase
{
    [Obsolete("For deserialization.", error: true)]
    public DeviceTestCase()
    {
    }

    public DeviceTestCase(IMessageSink sink, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(sink, display, options, method)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute)
    {
        var devices = TestMethod.TestClass.Class.ToRuntimeType().BaseType!.GetGenericArguments()[0];
        return (string?)devices.GetProperty(nameof(IDevices.Missing), BindingFlags.Public | BindingFlags.Static)!.GetValue(null);
    }
}
